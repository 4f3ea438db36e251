"""Build tubes from segments and the boxes of their actors, and measure their overlap."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

from stad.structures import Actors, Segment, Tube
from stad.utils.boxes import tube_iou

# Times are compared as whole numbers of these.
TICKS_PER_SEC = 1_000_000


def build_tube(segment: Segment, times_sec: np.ndarray, boxes: np.ndarray) -> Tube:
    """Return the boxes of a segment's actor within its time, both ends included.

    Args:
        segment: actor, class and time.
        times_sec: (T,) ascending times at which the actor was seen, seconds.
        boxes: (T, 4) xyxy at those times, source pixels.

    Returns:
        The tube. If the actor was not seen within the segment, it has the one box nearest to the
        middle of the segment, or none where there are no boxes at all.
    """
    times = np.asarray(times_sec, np.float64)
    boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
    inside = np.flatnonzero((times >= segment.start_sec) & (times <= segment.end_sec))
    if not len(inside) and len(times):
        middle_sec = (segment.start_sec + segment.end_sec) / 2
        inside = np.array([np.argmin(np.abs(times - middle_sec))])
    return Tube(segment.actor_id, segment.class_index, segment.score, times[inside], boxes[inside])


class TubeBuilder:
    """Keep the boxes of a stream until its segments are known.

    ``build`` returns the tube of a segment; ``drop_before`` bounds the memory: no later segment
    of a ``Localizer`` starts before ``Localizer.oldest_sec()``.
    """

    def __init__(self) -> None:
        self._times: dict[int, list[float]] = {}
        self._boxes: dict[int, list[np.ndarray]] = {}

    def __len__(self) -> int:
        """Return the number of boxes that are kept."""
        return sum(map(len, self._times.values()))

    def add(self, time_sec: float, actors: Actors) -> None:
        """Add the actors of a frame; those without a track (id -1) have no tubes."""
        for actor_id, box in zip(actors.ids.tolist(), actors.boxes, strict=True):
            if actor_id >= 0:
                self._times.setdefault(actor_id, []).append(time_sec)
                self._boxes.setdefault(actor_id, []).append(box)

    def build(self, segment: Segment) -> Tube:
        """Return the tube of a segment, as ``build_tube``."""
        times = self._times.get(segment.actor_id, [])
        return build_tube(segment, np.array(times), np.array(self._boxes.get(segment.actor_id, [])))

    def drop_before(self, time_sec: float) -> None:
        """Drop the boxes before a time, seconds."""
        for actor_id, times in list(self._times.items()):
            count = bisect_left(times, time_sec)
            del times[:count]
            del self._boxes[actor_id][:count]
            if not times:
                del self._times[actor_id], self._boxes[actor_id]


def tube_overlap(first: Tube, second: Tube) -> float:
    """Return ``tube_iou`` of two tubes of one video, in [0, 1], from boxes at equal times."""
    return tube_iou(_ticks(first), first.boxes, _ticks(second), second.boxes)


def _ticks(tube: Tube) -> np.ndarray:
    return np.rint(tube.times_sec * TICKS_PER_SEC).astype(np.int64)
