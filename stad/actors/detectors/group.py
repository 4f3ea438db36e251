"""Treat all people of a frame as one actor: the region in which they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from stad.actors.detectors.base import (
    CountingDetector,
    LookCounts,
    PersonDetector,
    RecallingDetector,
    begin_video,
)
from stad.structures import Actors, Frame

GROUP = "group"
# People who are too uncertain for a track of their own still belong to the region.
MIN_SCORE = 0.3
# The region is never smaller than this, in shorter sides of the frame.
MIN_SIDE = 0.3
# So long the region stays where people were last seen; then it is the whole frame.
HOLD_SEC = 2.5
# So long it is not known where people are before the first are seen.
WAIT_SEC = 1.9


class GroupRegion:
    """Follows the region in which people are.

    >>> region = GroupRegion((200, 100))
    >>> region.update(0.0, np.zeros((0, 4))) is None
    True
    >>> region.update(0.5, np.array([[10, 10, 50, 60], [100, 20, 120, 90]])).tolist()
    [10.0, 10.0, 120.0, 90.0]
    >>> region.update(1.0, np.zeros((0, 4))).tolist(), region.update(9.0, np.zeros((0, 4))).tolist()
    ([10.0, 10.0, 120.0, 90.0], [0.0, 0.0, 200.0, 100.0])

    Args:
        size: (width, height) of the frames, pixels.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.box: list[float] | None = None
        self.seen_sec: float | None = None

    def update(self, time_sec: float, boxes: np.ndarray) -> np.ndarray | None:
        """Return the region at a time, (4,) float32 xyxy, source pixels; None while it is unknown.

        Args:
            time_sec: seconds; times ascend.
            boxes: (K, 4) xyxy of the people, source pixels; K may be 0.
        """
        if len(boxes):
            self.box = self._around(np.asarray(boxes, np.float64)).tolist()
        if len(boxes) or self.seen_sec is None:
            self.seen_sec = time_sec
        limit_sec = WAIT_SEC if self.box is None else HOLD_SEC
        if time_sec - self.seen_sec >= limit_sec:
            return np.array([0, 0, *self.size], np.float32)
        return None if self.box is None else np.array(self.box, np.float32)

    def _around(self, boxes: np.ndarray) -> np.ndarray:
        low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        centre = (low + high) / 2
        half = np.maximum(high - low, MIN_SIDE * min(self.size)) / 2
        return np.concatenate((centre - half, centre + half))


class GroupDetector:
    """Returns one actor, the region of all people that another detector finds.

    Args:
        people: finds people.
    """

    gives_ids = True
    person_threshold = 0.0

    def __init__(self, people: PersonDetector) -> None:
        self._people = people
        self.name = f"{GROUP} of {people.name}"
        self.interval_sec = people.interval_sec
        self._region: GroupRegion | None = None

    @property
    def counts(self) -> LookCounts:
        """Counts of the looks of the network."""
        return self._people.counts if isinstance(self._people, CountingDetector) else LookCounts()

    def detect(self, frame: Frame) -> Actors | None:
        """Return one box around the people, id 1, or around the frame; None if not known."""
        found = self._people.detect(frame)
        if found is None:
            return None
        is_sure = found.scores >= min(self._people.person_threshold, MIN_SCORE)
        box = self._opened(frame).update(frame.time_sec, found.boxes[is_sure])
        return None if box is None else Actors.from_arrays([box], ids=[1])

    def memory(self) -> dict[str, Any]:
        """Return what later answers depend on; see ``RecallingDetector``."""
        people, region = self._people, self._region
        found = people.memory() if isinstance(people, RecallingDetector) else {}
        if region is not None:
            found = {**found, GROUP: [*region.size, region.seen_sec, *(region.box or ())]}
        return found

    def recall(self, time_sec: float, memory: dict[str, Any]) -> None:
        """Continue an earlier run exactly; see ``RecallingDetector``."""
        others = {key: one for key, one in memory.items() if key != GROUP}
        if isinstance(self._people, RecallingDetector) and others:
            self._people.recall(time_sec, others)
        if GROUP in memory:
            width_px, height_px, seen_sec, *box = memory[GROUP]
            self._region = GroupRegion((width_px, height_px))
            self._region.seen_sec, self._region.box = seen_sec, box or None

    def forget(self) -> None:
        """Forget the frames so far; see ``RecallingDetector``."""
        begin_video(self._people)
        self._region = None

    def _opened(self, frame: Frame) -> GroupRegion:
        region = self._region
        # Another video, or a stream that was restarted.
        if region is None or (region.seen_sec or 0.0) > frame.time_sec:
            height_px, width_px = frame.image.shape[:2]
            region = self._region = GroupRegion((width_px, height_px))
        return region
