"""How much two boxes overlap: the intersection over union that tracking and evaluation share."""

from __future__ import annotations

import numpy as np


def box_iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union of every pair of boxes.

    Args:
        first: (N, 4) xyxy, any unit.
        second: (M, 4) xyxy, the same unit.

    Returns:
        (N, M) float64 in [0, 1]; 0 where both boxes are empty.

    >>> box_iou(np.array([[0, 0, 2, 2]]), np.array([[1, 0, 3, 2], [5, 5, 6, 6]])).round(3).tolist()
    [[0.333, 0.0]]
    """
    first = np.asarray(first, dtype=np.float64).reshape(-1, 1, 4)
    second = np.asarray(second, dtype=np.float64).reshape(1, -1, 4)
    sides = np.minimum(first[..., 2:], second[..., 2:]) - np.maximum(
        first[..., :2], second[..., :2]
    )
    intersection = sides.clip(min=0).prod(-1)
    area_first = (first[..., 2:] - first[..., :2]).clip(min=0).prod(-1)
    area_second = (second[..., 2:] - second[..., :2]).clip(min=0).prod(-1)
    union = area_first + area_second - intersection
    return np.divide(intersection, union, out=np.zeros_like(intersection), where=union > 0)
