"""Turn frame results into segments with their tubes while the video goes by."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from stad.inference.tube_store import TubeStore
from stad.localization.base import Localizer
from stad.localization.tubes import TubeBuilder
from stad.structures import FrameResult, Segment

# Boxes are interpolated between detections, which come no more often by default.
SAMPLE_SEC = 0.2
EPSILON_SEC = 1e-6


class SampleClock:
    """Picks frames on a grid of times that begins at the first one.

    >>> clock = SampleClock()
    >>> [clock.is_due(frame / 10) for frame in range(5)]
    [True, False, True, False, True]
    """

    def __init__(self, step_sec: float = SAMPLE_SEC) -> None:
        self._step_sec = step_sec
        self._first_sec: float | None = None
        self._next = 0

    def is_due(self, time_sec: float) -> bool:
        """Return whether to take the frame of this time; times ascend."""
        if self._first_sec is None:
            self._first_sec = time_sec
        steps = (time_sec - self._first_sec + EPSILON_SEC) / self._step_sec
        if steps < self._next:
            return False
        self._next = int(np.floor(steps)) + 1
        return True


class SegmentCollector:
    """Runs the localizer over the keyframes and gives each segment the boxes of its actor.

    Args:
        localizer: at its beginning.
        folder: where tubes are kept until the end.
    """

    def __init__(self, localizer: Localizer, folder: str | Path) -> None:
        self._localizer = localizer
        self._builder = TubeBuilder()
        self._clock = SampleClock()
        self.tubes = TubeStore(folder)

    def write(self, result: FrameResult) -> None:
        """Add the next frame; of its boxes, those of every ``SAMPLE_SEC`` are kept."""
        if self._clock.is_due(result.time_sec):
            self._builder.add(result.time_sec, result.actors)
        if result.keyframe is not None:
            self._add(self._localizer.update(result.keyframe))
            self._builder.drop_before(self._localizer.oldest_sec())

    def _add(self, segments: Iterable[Segment]) -> None:
        for segment in segments:
            self.tubes.add(segment, self._builder.build(segment))

    def finish(self, end_sec: float) -> TubeStore:
        """Return all segments of a video that ends there, with one track for each person."""
        self._add(self._localizer.finish(end_sec))
        self.tubes.sort()
        self.tubes.suppress()
        return self.tubes

    def close(self) -> None:
        """Free the disk space."""
        self.tubes.close()
