"""A run that goes on where it was interrupted: what was computed then is not computed again.

Tracking, averaging and writing are cheap beside detection and scoring, so they run again from the
first frame on; detector and model answer from the journal as far as it reaches. Results equal
those of an unbroken run because every step after them is the same code on the same numbers. The
video is decoded only from where a window still to be scored begins.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

import numpy as np

from stad.actors.detectors.base import PersonDetector
from stad.inference.journal import Journal
from stad.inference.scorer import ActionScorer
from stad.structures import Actors, Frame, VideoInfo
from stad.video.seeking import changed_error, frames_from
from stad.video.source import VideoSource

# Decoding begins so much earlier than the first window needs: some files find their way only
# a little after a jump.
MARGIN_SEC = 2.0


class JournaledDetector:
    """A person detector that does not look again at what it has seen in an earlier run.

    Args:
        detector: the real one.
        journal: of the run.
        size: (width, height) of the video, pixels.
        is_reader: it reads its answers in order from a file, so that it must be asked each time.
    """

    def __init__(
        self,
        detector: PersonDetector,
        journal: Journal,
        *,
        size: tuple[int, int],
        is_reader: bool,
    ) -> None:
        self._detector, self._journal, self._is_reader = detector, journal, is_reader
        self._size = size
        self.name, self.interval_sec = detector.name, detector.interval_sec
        self.gives_ids, self.person_threshold = detector.gives_ids, detector.person_threshold

    def detect(self, frame: Frame) -> Actors | None:
        """As the detector."""
        if self._is_reader:
            return self._detector.detect(frame)
        known = self._journal.next_people(frame.time_sec)
        if known is not False:
            people = None if known is None else Actors(**known)
            if people is not None and hasattr(self._detector, "recall"):
                self._detector.recall(frame.time_sec, people, self._size)
            return people
        found = self._detector.detect(frame)
        self._journal.add_detections(frame.time_sec, None if found is None else vars(found))
        return found


class JournaledScorer:
    """An action scorer that does not score again what it has scored in an earlier run.

    Args:
        scorer: the real one.
        journal: of the run.
        info: of the video, whose frames are all of one size.
    """

    def __init__(self, scorer: ActionScorer, journal: Journal, info: VideoInfo) -> None:
        self._scorer, self._journal = scorer, journal
        scorer.set_source_size((info.width_px, info.height_px))
        self.window, self.num_classes = scorer.window, scorer.num_classes
        self.clip_size, self.sees_tracks = scorer.clip_size, scorer.sees_tracks

    def set_source_size(self, size: tuple[int, int]) -> None:
        """Known already; frames that stand for unread ones are smaller."""

    def score(
        self,
        clips: list[np.ndarray],
        boxes: list[np.ndarray],
        tracks: list[np.ndarray] | None = None,
    ) -> list[np.ndarray]:
        """As the scorer."""
        scores = self._journal.next_scores()
        if scores is None:
            scores = self._scorer.score(clips, boxes, tracks)
            self._journal.add_scores(scores)
        return scores


def journaled_frames(
    source: VideoSource, journal: Journal, *, before_sec: float, clip_size: tuple[int, int]
) -> Iterator[Frame]:
    """The frames of a video; those that nobody looks at any more come without their picture.

    Args:
        source: the video.
        journal: of the run; frames are noted there.
        before_sec: how long before its keyframe a window begins, seconds.
        clip_size: (width, height) of the black pictures that stand for unread ones.

    Raises:
        InputError: the frames come at other times than when the journal was begun.
    """
    known = journal.frame_times
    first = 0
    if journal.done_sec is not None:
        first = max(bisect_right(known, journal.done_sec - before_sec - MARGIN_SEC) - 1, 0)
    unread = np.zeros((clip_size[1], clip_size[0], 3), np.uint8)
    for index in range(first):
        yield Frame(index, known[index], unread)
    frames = frames_from(source, first, known[first]) if first else source.frames()
    index = first
    for frame in frames:
        if index >= len(known):
            journal.add_frame(frame.time_sec)
        elif frame.time_sec != known[index]:
            raise changed_error(source)
        yield Frame(index, frame.time_sec, frame.image)
        index += 1
    if index < len(known):
        raise changed_error(source)
