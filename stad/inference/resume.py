"""Continue an interrupted run without detecting or scoring again.

Tracking, averaging and writing are cheap beside detection and scoring, so they run again from the
first frame on; detector and scorer answer from the journal as far as it reaches. Results equal
those of an unbroken run because every step after them is the same code on the same numbers. The
video is decoded only from the first frame that a new window or the annotated video needs.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

import numpy as np

from stad.actors.detectors.base import (
    CountingDetector,
    LookCounts,
    PersonDetector,
    RecallingDetector,
)
from stad.inference.journal import Journal
from stad.inference.scoring import (
    Moment,
    Remembered,
    Scorer,
    remembers,
    times_person_score,
)
from stad.structures import Actors, Frame
from stad.video.seeking import changed_error, frames_from
from stad.video.source import VideoSource
from stad.video.window import Window

# Decoding begins this much before the first window: after a jump, some files decode correctly only
# a little later.
MARGIN_SEC = 2.0


class JournaledDetector:
    """A person detector that reuses what it found in an earlier run.

    Args:
        detector: finds people.
        journal: of the run.
        is_reader: the detector reads its answers in order from a file, so it must be asked for
            every frame.
    """

    def __init__(
        self,
        detector: PersonDetector,
        journal: Journal,
        *,
        is_reader: bool,
    ) -> None:
        self._detector, self._journal, self._is_reader = detector, journal, is_reader
        self._recalled_sec: float | None = None

    @property
    def name(self) -> str:
        """The name that users read."""
        return self._detector.name

    @property
    def interval_sec(self) -> float | None:
        """Time between two calls, seconds of video; None leaves it to the caller."""
        return self._detector.interval_sec

    @property
    def gives_ids(self) -> bool:
        """True if its ids are kept; else a tracker gives them."""
        return self._detector.gives_ids

    @property
    def person_threshold(self) -> float:
        """Minimum score of a box that certainly is a person, in [0, 1]."""
        return self._detector.person_threshold

    @property
    def counts(self) -> LookCounts:
        """Counts of the looks of the network in this run."""
        detector = self._detector
        return detector.counts if isinstance(detector, CountingDetector) else LookCounts()

    def detect(self, frame: Frame) -> Actors | None:
        """Return the people in the frame; see ``PersonDetector``."""
        if self._is_reader:
            return self._detector.detect(frame)
        known = self._journal.next_people(frame.time_sec)
        if known is not False:
            self._recalled_sec = frame.time_sec
            return None if known is None else Actors(**known)
        detector, memory = self._detector, self._journal.memory
        remembers = isinstance(detector, RecallingDetector)
        if remembers and memory and self._recalled_sec is not None:
            detector.recall(self._recalled_sec, memory)
        self._recalled_sec = None
        found = detector.detect(frame)
        self._journal.add_detections(
            frame.time_sec,
            None if found is None else vars(found),
            memory=detector.memory() if remembers else None,
        )
        return found


class JournaledScorer:
    """An action scorer that reuses the scores of an earlier run.

    Args:
        scorer: scores clips.
        journal: of the run.
    """

    def __init__(self, scorer: Scorer, journal: Journal) -> None:
        self._scorer, self._journal = scorer, journal

    @property
    def window(self) -> Window:
        """The frames that make a clip."""
        return self._scorer.window

    @property
    def num_classes(self) -> int:
        """Scores per actor."""
        return self._scorer.num_classes

    @property
    def num_exclusive(self) -> int:
        """Number of classes, the first ones, that exclude each other: their scores are decoded."""
        return self._scorer.num_exclusive

    @property
    def sees_tracks(self) -> bool:
        """True if ``score`` needs the actors in every frame of a clip."""
        return self._scorer.sees_tracks

    @property
    def times_person_score(self) -> bool:
        """True if the scores are multiplied by those of the people's boxes."""
        return times_person_score(self._scorer)

    @property
    def remembers(self) -> bool:
        """True if the scores depend on the actors of earlier clips."""
        return remembers(self._scorer)

    def clip_size(self, source_size: tuple[int, int]) -> tuple[int, int]:
        """Return (width, height) of the clips of a video with frames of ``source_size``."""
        return self._scorer.clip_size(source_size)

    def begin_stream(self) -> None:
        """Forget the clips so far: the next one does not continue them."""
        self._scorer.begin_stream()

    def score(
        self,
        clips: list[np.ndarray],
        boxes: list[np.ndarray],
        *,
        source_size: tuple[int, int],
        tracks: list[np.ndarray] | None = None,
    ) -> list[np.ndarray]:
        """Return the scores of every actor; see ``Scorer``."""
        scores = self._journal.next_scores()
        if scores is None:
            scores = self._scorer.score(clips, boxes, source_size=source_size, tracks=tracks)
            self._journal.add_scores(scores)
        return scores

    def score_moments(
        self,
        clips: list[np.ndarray],
        boxes: list[np.ndarray],
        moments: list[Moment],
        *,
        source_size: tuple[int, int],
    ) -> Remembered:
        """Return the scores of every actor and what is kept of it; see ``RememberingScorer``."""
        scorer = self._scorer
        assert remembers(scorer)
        known = self._journal.next_remembered()
        if known is not None:
            found = Remembered(*known)
            scorer.recall(moments, found.entries)
            return found
        found = scorer.score_moments(clips, boxes, moments, source_size=source_size)
        self._journal.add_scores(found.scores, entries=found.entries)
        return found

    def recall(self, moments: list[Moment], entries: list[np.ndarray]) -> None:
        """Remember clips that were scored before."""
        assert remembers(self._scorer)
        self._scorer.recall(moments, entries)


def journaled_frames(
    source: VideoSource,
    journal: Journal,
    *,
    before_sec: float,
    first_drawn: int | None = None,
) -> Iterator[Frame]:
    """Yield the frames of a video; those that nothing looks at any more come as black images.

    Args:
        source: the video.
        journal: of the run; frames are noted there.
        before_sec: how long before its keyframe a window begins, seconds.
        first_drawn: index of the first frame that will be drawn; None if none will be.

    Raises:
        InputError: the frames come at other times than in the interrupted run.
    """
    known = journal.frame_times
    first = 0
    if journal.done_sec is not None:
        first = max(bisect_right(known, journal.done_sec - before_sec - MARGIN_SEC) - 1, 0)
    if first_drawn is not None:
        first = min(first, first_drawn)
    # As large as the others: whether a person is cut off at the edge depends on it.
    black = np.zeros((source.info.height_px, source.info.width_px, 3), np.uint8)
    for index in range(first):
        yield Frame(index, known[index], black)
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
