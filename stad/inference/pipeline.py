"""Keep the state of a run: frames, people and scores in, results out.

Memory is bounded: it holds the small frames of one window, the boxes of the last second and at
most one batch of clips, whatever the length of the video. It gives one ``FrameResult`` a frame,
in order, as soon as nothing later can change it. ``annotate_frames`` and ``LiveSession`` drive it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from stad.actors.detectors.base import PersonDetector
from stad.actors.interpolation import MAX_GAP_SEC, DenseTracks
from stad.actors.tracker import FollowCounts
from stad.actors.tracker_options import TrackerChoice
from stad.inference.options import InferenceOptions
from stad.inference.scoring import Scorer, ScoringJob
from stad.inference.shown import is_unsure, nearest_scores, shown_labels
from stad.localization.posture_decoder import PostureDecoder
from stad.structures import Actors, Frame, FrameResult, Keyframe, ShownLabel
from stad.video.geometry import resize_frame
from stad.video.window import FrameBuffer

TIME_EPSILON_SEC = 1e-6


@dataclass(frozen=True)
class PipelineOptions:
    """Options of the pipeline: times between its steps, thresholds, batches.

    Attributes:
        stride_sec: time between action predictions, seconds.
        detect_sec: time between person detections, seconds.
        threshold: actions of at least this score are shown, in [0, 1]; one for all classes, or
            one for each.
        person_threshold: people of at least this score start a track, in [0, 1].
        max_labels: labels shown per actor.
        allowed: class indices that may be shown; None for all.
        batch_size: windows scored in one forward pass.
        tracker: gives people their ids, where the detector does not.
        class_names: of the model, to name the shown labels; () leaves them without names.
    """

    stride_sec: float = 1.0
    detect_sec: float = InferenceOptions.detect_sec
    threshold: float | tuple[float, ...] = 0.5
    person_threshold: float = 0.5
    max_labels: int = InferenceOptions.max_labels
    allowed: frozenset[int] | None = None
    batch_size: int = 4
    tracker: TrackerChoice = field(default_factory=TrackerChoice)
    class_names: tuple[str, ...] = ()


class ClipFrame(NamedTuple):
    """A frame as the pipeline keeps it.

    Attributes:
        index, time_sec: as in ``Frame``.
        image: (H, W, 3) uint8 RGB at clip size.
        source_size: (width, height) of the frame itself, pixels.
    """

    index: int
    time_sec: float
    image: np.ndarray
    source_size: tuple[int, int]


class ActionPipeline:
    """The state of one pass over a video; its caller runs the detector and the scorer.

    Frames go in by ``add_frame``, people by ``add_detections``, scores by ``add_scores``. People
    and scores may come later than their frame, as long as each of them come in order. Which
    frames are for detection depends on their times only, so ``claim_detection`` and ``shrink`` may
    run ahead of the rest. Not thread-safe.

    Args:
        detector, scorer, options, fps: as for ``annotate_frames``; of the first two only the
            properties are used.
        first_id: the first id that the tracker gives.
        counts: detections that were followed are added to it.

    Attributes:
        last_id: the highest id that the tracker has given.
        wait_sec: from a keyframe to the time at which it can be scored, seconds.
        lag_sec: from there to the scores that its postures wait for, seconds.
    """

    def __init__(
        self,
        detector: PersonDetector,
        scorer: Scorer,
        *,
        options: PipelineOptions,
        fps: float,
        first_id: int = 1,
        counts: FollowCounts | None = None,
    ) -> None:
        self._scorer, self._options = scorer, options
        own_sec = detector.interval_sec
        detect_sec = max(options.detect_sec if own_sec is None else own_sec, 1 / fps)
        gap_sec = max(MAX_GAP_SEC, 1.5 * detect_sec)
        self._ask_sec = detect_sec if own_sec is None else 0.0
        # A file of boxes says nothing about the times between its rows.
        self._is_looking = own_sec is None
        self._tracker = None
        if not detector.gives_ids:
            self._tracker = options.tracker.open(
                rate=1 / detect_sec, start_score=options.person_threshold, counts=counts
            )
        self._tracks = DenseTracks(max_gap_sec=gap_sec, hold_sec=detect_sec / 2)
        self._buffer = FrameBuffer()
        self._source_size = (0, 0)
        self._pending: deque[tuple[int, float]] = deque()
        self._due: deque[float] = deque()
        self._scored: deque[Keyframe] = deque()
        self._num_running = 0
        names = options.class_names or ("",) * scorer.num_classes
        self._decoder = PostureDecoder(names[: scorer.num_exclusive])
        self._next_detect_sec = self._next_key_sec = -np.inf
        self._last_key_sec = self._last_sec = -np.inf
        self._id_shift, self.last_id = first_id - 1, first_id - 1
        self._finished = False
        # A window is complete once its last frame is there and its boxes cannot change any more.
        after_sec = scorer.window.after_sec
        boxes_sec = gap_sec + detect_sec + (after_sec if scorer.sees_tracks else 0.0)
        self.wait_sec = max(after_sec, boxes_sec)
        self.lag_sec = self._decoder.lag * options.stride_sec

    def shrink(self, frame: Frame) -> ClipFrame:
        """Return what the pipeline needs of a frame; nothing is added yet."""
        source_size = frame.image.shape[1], frame.image.shape[0]
        image = resize_frame(frame.image, self._scorer.clip_size(source_size))
        return ClipFrame(frame.index, frame.time_sec, image, source_size)

    def add_frame(self, frame: Frame | ClipFrame) -> None:
        """Add the next frame; what later windows need of it is kept."""
        small = self.shrink(frame) if isinstance(frame, Frame) else frame
        self._source_size = small.source_size
        self._buffer.append(small.time_sec, small.image)
        if small.time_sec >= self._next_key_sec - TIME_EPSILON_SEC:
            self._add_keyframe(small.time_sec)
        self._pending.append((small.index, small.time_sec))
        self._last_sec = small.time_sec

    def claim_detection(self, time_sec: float) -> bool:
        """Return whether to detect people in the frame of this time; times ascend.

        If so, its people must come, and the next detection is planned.
        """
        if time_sec < self._next_detect_sec - TIME_EPSILON_SEC:
            return False
        self._next_detect_sec = next_time(self._next_detect_sec, time_sec, self._ask_sec)
        return True

    def add_detections(self, time_sec: float, found: Actors | None) -> None:
        """Add the people of the frame of a time, ascending; None if they are not known."""
        if found is not None and self._tracker is None:
            self._tracks.add(time_sec, found)
        elif found is not None and self._tracker is not None:
            self._add_tracked(self._tracker.update(time_sec, found))
        self._tracks.advance_to(time_sec, is_look=self._is_looking)

    def _add_tracked(self, tracked: list[tuple[float, Actors]]) -> None:
        for time_sec, actors in tracked:
            ids = actors.ids + self._id_shift
            self._tracks.add(time_sec, replace(actors, ids=ids))
            self.last_id = max([self.last_id, *ids.tolist()])

    def _add_keyframe(self, time_sec: float) -> None:
        self._due.append(time_sec)
        self._last_key_sec = time_sec
        self._next_key_sec = next_time(self._next_key_sec, time_sec, self._options.stride_sec)

    def finish(self) -> None:
        """End the stream; windows that reach beyond its end repeat the last frame."""
        if self._pending and self._last_sec - self._last_key_sec > self._options.stride_sec / 2:
            self._add_keyframe(self._last_sec)
        self._tracks.finish()
        self._finished = True
        self._finish_postures()

    def pending_windows(self) -> list[float]:
        """Return the keyframes that can be scored and that no batch has taken, ascending."""
        return [time_sec for time_sec in self._due if self._is_complete(time_sec)]

    def next_batch(self, max_windows: int) -> ScoringJob:
        """Take up to ``max_windows`` of the pending windows."""
        times = [self._due.popleft() for _ in self.pending_windows()[:max_windows]]
        self._num_running += len(times)
        actors = [self._tracks.at(time_sec) for time_sec in times]
        window = self._scorer.window
        busy = [pair for pair in zip(times, actors, strict=True) if len(pair[1])]
        clips = [self._buffer.clip(time_sec, window) for time_sec, _ in busy]
        tracks = None
        if self._scorer.sees_tracks:
            tracks = [
                self._tracks.paths(people, self._buffer.clip_times(time_sec, window))
                for time_sec, people in busy
            ]
        self._drop_frames()
        return ScoringJob(times, actors, clips, self._source_size, tracks)

    def drop_window(self) -> None:
        """Leave out the first pending window."""
        self._due.popleft()
        self._drop_frames()
        self._finish_postures()

    def _drop_frames(self) -> None:
        self._buffer.drop_before(self._oldest_sec())

    def _oldest_sec(self) -> float:
        """Return the time at which the first window to come begins."""
        first_sec = self._due[0] if self._due else self._next_key_sec
        return first_sec - self._scorer.window.before_sec

    def add_scores(self, keyframes: list[Keyframe]) -> list[Keyframe]:
        """Add the scores of a batch; batches come back in order.

        Returns:
            The keyframes that are final now: postures wait for the next keyframe.
        """
        final = [
            one
            for keyframe in keyframes
            for one in self._decoder.update(keyframe, frame_size=self._source_size)
        ]
        self._num_running -= len(keyframes)
        self._scored.extend(final)
        return final + self._finish_postures()

    def _finish_postures(self) -> list[Keyframe]:
        """Add and return the keyframe whose postures wait, if no other one comes after it."""
        if not self._is_all_scored():
            return []
        final = self._decoder.finish()
        self._scored.extend(final)
        return final

    def _is_all_scored(self) -> bool:
        return self._finished and not self._due and not self._num_running

    def _is_complete(self, time_sec: float) -> bool:
        if self._finished:
            return True
        end_sec = time_sec + self._scorer.window.after_sec
        needed_sec = end_sec if self._scorer.sees_tracks else time_sec
        return (
            end_sec <= self._last_sec + TIME_EPSILON_SEC
            and needed_sec <= self._tracks.final_until_sec
        )

    def results(self) -> Iterator[FrameResult]:
        """Yield the results of the frames that nothing later can change."""
        while self._pending and self._scored:
            index, time_sec = self._pending[0]
            known = self._is_all_scored() or (
                time_sec <= self._scored[-1].time_sec and time_sec <= self._tracks.final_until_sec
            )
            if not known:
                return
            self._pending.popleft()
            while len(self._scored) > 2 and self._scored[1].time_sec <= time_sec:
                self._scored.popleft()
            yield self._result(index, time_sec)
            self._tracks.drop_before(min(time_sec, self._oldest_sec()))

    def _result(self, index: int, time_sec: float) -> FrameResult:
        actors = self._tracks.at(time_sec)
        near = [k for k in self._scored if abs(k.time_sec - time_sec) <= self._options.stride_sec]
        near.sort(key=lambda keyframe: abs(keyframe.time_sec - time_sec))
        found = [nearest_scores(int(actor_id), near) for actor_id in actors.ids]
        own = near[0] if near and near[0].time_sec == time_sec else None
        return FrameResult(
            index,
            time_sec,
            actors,
            [self._labels(scores) for scores in found],
            keyframe=own,
            unsure=tuple(self._is_unsure(scores) for scores in found),
        )

    def _labels(self, scores: np.ndarray | None) -> list[ShownLabel]:
        if scores is None:
            return []
        return shown_labels(
            scores,
            self._options.threshold,
            max_labels=self._options.max_labels,
            allowed=self._options.allowed,
            class_names=self._options.class_names,
        )

    def _is_unsure(self, scores: np.ndarray | None) -> bool:
        """Return whether no posture of an actor with scores is sure enough to be shown."""
        options, postures = self._options, range(self._scorer.num_exclusive)
        # Who is interested in some postures only does not miss the others.
        if scores is None or not (options.allowed is None or options.allowed.issuperset(postures)):
            return False
        thresholds = np.broadcast_to(options.threshold, scores.shape)[: len(postures)]
        return is_unsure(scores[: len(postures)], thresholds.tolist())


def next_time(planned_sec: float, now_sec: float, step_sec: float) -> float:
    """Return the next time after ``now_sec`` on the grid that began at the first frame."""
    if step_sec <= 0 or not np.isfinite(planned_sec):
        return now_sec + step_sec
    missed = np.floor((now_sec - planned_sec + TIME_EPSILON_SEC) / step_sec)
    return planned_sec + step_sec * (max(missed, 0) + 1)
