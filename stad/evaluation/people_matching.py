"""Match annotated people with the people that were found, at one time."""

from __future__ import annotations

import numpy as np

from stad.utils.boxes import box_iou

MIN_IOU = 0.3
# A point on the border is inside, in spite of rounding.
EDGE = 1e-9


def match_people(
    annotated: np.ndarray, found: np.ndarray, *, min_iou: float = MIN_IOU
) -> np.ndarray:
    """Return which found person each annotated one is, one to one, the best pairs first.

    An annotated box matches a box that overlaps it enough. A point matches a box that contains
    it, the better the nearer it is to its centre. A person whose place is not known matches the
    largest box that is left.

    Args:
        annotated: (K, 4) xyxy, fractions of the frame; points have x1 = x2 and y1 = y2; NaN
            where the place is not known.
        found: (M, 4) xyxy in the same unit.
        min_iou: minimum overlap of two boxes.

    Returns:
        (K,) int64 index in ``found``, -1 for a person who was not found.

    >>> found = np.array([[0.1, 0.1, 0.3, 0.9], [0.5, 0.1, 0.7, 0.9]])
    >>> match_people(np.array([[0.5, 0.1, 0.7, 0.8], [0.2, 0.5, 0.2, 0.5]]), found).tolist()
    [1, 0]
    """
    affinity = affinities(annotated, found, min_iou=min_iou)
    partner = np.full(len(annotated), -1, np.int64)
    while affinity.size and affinity.max() > 0:
        person, box = np.unravel_index(affinity.argmax(), affinity.shape)
        partner[person] = box
        affinity[person], affinity[:, box] = 0, 0
    return partner


def affinities(annotated: np.ndarray, found: np.ndarray, *, min_iou: float = MIN_IOU) -> np.ndarray:
    """Return how well each annotated person fits each box, (K, M) in [0, 1]; 0 without a match.

    See ``match_people`` for the arguments.
    """
    annotated = np.asarray(annotated, np.float64).reshape(-1, 4)
    found = np.asarray(found, np.float64).reshape(-1, 4)
    overlap = box_iou(np.nan_to_num(annotated), found)
    result = np.where(overlap >= min_iou, overlap, 0.0)
    is_point = (annotated[:, :2] == annotated[:, 2:]).all(axis=1)
    result[is_point] = _containing(annotated[is_point, :2], found)
    sides = (found[:, 2:] - found[:, :2]).clip(min=0)
    area = sides.prod(axis=1)
    largest = area / area.max() if area.size and area.max() > 0 else area
    result[np.isnan(annotated).any(axis=1)] = largest
    return result


def _containing(points: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Return (K, M): 1 for a point at the centre of a box, near 0 in its corner, 0 outside."""
    centre, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2
    offset = np.abs(points[:, None] - centre)
    inside = (offset <= half + EDGE).all(axis=-1)
    relative = np.divide(offset, half, out=np.ones_like(offset), where=half > 0)
    return np.where(inside, 1 - 0.99 * relative.max(axis=-1), 0.0)
