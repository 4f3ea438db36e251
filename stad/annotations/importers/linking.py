"""Give people ids where a file has none: boxes that overlap from time to time are one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from stad.utils.boxes import box_iou

MIN_IOU, SAME_IOU = 0.3, 0.95
# A person may be missed once in between.
MAX_STEPS = 2.5

Box = tuple[float, ...]


def link_boxes(frames: Mapping[float, Sequence[Box]], *, step: float) -> dict[float, list[int]]:
    """Return the id of the person of each box, from 0 in the order of appearance.

    A box belongs to the person whose last box, at most 2.5 steps ago, overlaps it the highest, if
    the IoU is at least 0.3. Boxes at one time that are nearly equal, as files have them that
    repeat a box for each of its labels, are of one person.

    Args:
        frames: boxes xyxy at each time.
        step: usual distance of the times.

    >>> boxes = {0: [(0, 0, 9, 9)], 1: [(50, 0, 59, 9), (1, 0, 10, 9)]}
    >>> link_boxes(boxes, step=1)
    {0: [0], 1: [1, 0]}
    """
    ids: dict[float, list[int]] = {}
    last: dict[int, tuple[float, Box]] = {}
    count = 0
    for place in sorted(frames):
        boxes, own = _distinct(frames[place])
        open_ids = [one for one, (seen, _) in last.items() if place - seen <= MAX_STEPS * step]
        found = _assign(boxes, [last[one][1] for one in open_ids])
        numbers = []
        for box, match in zip(boxes, found, strict=True):
            if match is None:
                number, count = count, count + 1
            else:
                number = open_ids[match]
            last[number] = (place, box)
            numbers.append(number)
        ids[place] = [numbers[one] for one in own]
    return ids


def _distinct(boxes: Sequence[Box]) -> tuple[list[Box], list[int]]:
    """Return the boxes that differ, and for each box which of them it is."""
    distinct: list[Box] = []
    own = []
    for box in boxes:
        overlap = box_iou(np.array([box]), np.array(distinct or np.zeros((0, 4))))[0]
        if len(overlap) and overlap.max() >= SAME_IOU:
            own.append(int(overlap.argmax()))
        else:
            own.append(len(distinct))
            distinct.append(box)
    return distinct, own


def _assign(boxes: Sequence[Box], before: Sequence[Box]) -> list[int | None]:
    """Return for each box which one before it continues, the highest overlaps first."""
    found: list[int | None] = [None] * len(boxes)
    if not before:
        return found
    overlap = box_iou(np.array(boxes), np.array(before))
    while overlap.size and overlap.max() >= MIN_IOU:
        box, match = np.unravel_index(int(overlap.argmax()), overlap.shape)
        found[int(box)] = int(match)
        overlap[box] = overlap[:, match] = -1
    return found
