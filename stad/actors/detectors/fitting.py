"""Judge whether a box can be a person who is known, and what the scene says about it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stad.actors.detectors.known import Known, area, boxes_of, common, distances, longer_side
from stad.actors.detectors.scene import Scene
from stad.actors.reach import best_pairs
from stad.utils.boxes import box_iou

# Minimum score near a person who is missed.
FOLLOW_SCORE = 0.2
# A certain box, and a weak one, of a person overlap the last box by this.
SAME_IOU, WEAK_IOU, WEAK_GROWTH = 0.3, 0.5, 1.3
# Longer side of a box of the same person, in usual ones: a body that lies is longer than one that
# sits, and a part of a body is not a person. Distance of the centres in longer sides.
MIN_GROWTH, MAX_GROWTH, NEAR_SIDES = 0.62, 2.0, 0.5
# Who collapsed is even shorter. Then the rest of the last box shows something else, by this part.
SHORT_GROWTH, SHORT_SCORE, LEFT_RATIO = 0.4, 0.3, 0.5
# More of a box that is found in a search is not background. Boxes of lying people contain floor.
BACKGROUND_RATIO = 0.6
# Two boxes that have this fraction of the smaller one in common may be of one body.
DOUBLE_RATIO = 0.5
# A change that is smaller, in areas of the person, is not the person. A box keeps this part of its
# area when background at its borders is cut off.
MIN_CHANGE, MIN_KEPT = 0.2, 0.4


def match_rows(
    people: Sequence[Known], found: np.ndarray, *, threshold: float, scene: Scene
) -> dict[int, int]:
    """Return the row of each known person whom an ordinary look found.

    Args:
        people: N people.
        found: (K, 5) xyxy and score.
        threshold: minimum score of a certain box.
        scene: at the time of the look.
    """
    if not len(found) or not people:
        return {}
    boxes = boxes_of(people)
    overlap, distance = box_iou(boxes, found[:, :4]), distances(boxes, found)
    sizes = [(rows[:, 2:4] - rows[:, :2]).max(axis=1) for rows in (boxes, found)]
    growth = np.exp(np.abs(np.log(sizes[0][:, None] / sizes[1][None])))
    strong = found[:, 4] >= threshold
    near = strong & (distance <= NEAR_SIDES) & (growth <= MAX_GROWTH)
    certain = np.array([not is_background(box, scene) for box in found[:, :4]])
    weak = ~strong & certain & (overlap >= WEAK_IOU) & (growth <= WEAK_GROWTH)
    fit = np.select(
        [strong & (overlap >= SAME_IOU), near, weak], [1 + overlap, 1 - distance, overlap / 2]
    )
    return dict(best_pairs(fit))


def best_row(
    one: Known, found: np.ndarray, others: np.ndarray, *, scene: Scene, time_sec: float
) -> np.ndarray | None:
    """Return the row of a look that can best be a missing person, None if there is none.

    Args:
        one: the person.
        found: (K, 5) xyxy and score.
        others: (N, 4) xyxy of other people.
        scene: at the time of the look.
        time_sec: that time, seconds.
    """
    found = found[found[:, 4] >= FOLLOW_SCORE]
    if not len(found):
        return None
    growth = (found[:, 2:4] - found[:, :2]).max(axis=1) / one.size_px
    missed_sec = min(time_sec - one.found_sec, 1.0)
    keep = distances(one.box[None], found)[0] <= NEAR_SIDES + 0.5 * missed_sec
    collapsed = (growth >= SHORT_GROWTH) & (found[:, 4] >= SHORT_SCORE)
    collapsed &= [
        scene.left_behind(box, one.seen_box, one.patch) >= LEFT_RATIO for box in found[:, :4]
    ]
    keep &= (collapsed | (growth >= MIN_GROWTH)) & (growth <= MAX_GROWTH)
    if len(others):
        keep &= common(found, others).max(axis=1) < DOUBLE_RATIO
    keep &= [not is_background(box, scene) for box in found[:, :4]]
    keep &= [scene.moved_into(box, one.box) for box in found[:, :4]]
    found = found[keep]
    return found[int(np.argmax([worth(row, scene) for row in found]))] if len(found) else None


def worth(row: np.ndarray, scene: Scene) -> float:
    """Return how well (5,) xyxy and score fit a person: background inside speaks against it."""
    return float(row[4] * (1 - scene.background_ratio(row[:4])) ** 2)


def is_background(box: np.ndarray, scene: Scene) -> bool:
    """Return whether a box holds too much of what was there before the person."""
    return scene.background_ratio(box) > BACKGROUND_RATIO


def changed_around(
    one: Known, others: np.ndarray, scene: Scene, *, unknown: bool = False, shifts: bool = False
) -> tuple[np.ndarray | None, float]:
    """Return what ``Scene.changed_in`` tells about the square where a person may be."""
    middle, half = (one.box[:2] + one.box[2:]) / 2, longer_side(one.box)
    square = np.concatenate((middle - half, middle + half))
    changed, known = scene.changed_in(square, others, unknown=unknown, shifts=shifts)
    is_small = changed is not None and area(changed) < MIN_CHANGE * area(one.box)
    return (None if is_small else changed), known


def tightened(one: Known, row: np.ndarray, others: np.ndarray, scene: Scene) -> np.ndarray:
    """Return (5,) xyxy and score of a turned view without the background at its borders."""
    changed, _ = changed_around(one, others, scene, unknown=True)
    if changed is None:
        return row
    inner = np.concatenate((row[:2].clip(min=changed[:2]), row[2:4].clip(max=changed[2:])))
    if (inner[2:] <= inner[:2]).any() or area(inner) < MIN_KEPT * area(row):
        return row
    return np.append(inner, row[4])
