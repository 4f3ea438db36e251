"""Measure how much boxes, segments or tubes overlap, and complete tubes."""

from __future__ import annotations

import numpy as np


def box_intersection(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the area that every pair of boxes has in common.

    Args:
        first: (N, 4 or more) xyxy, any unit; columns after the first four are ignored.
        second: (M, 4 or more) xyxy, the same unit.

    Returns:
        (N, M), in the type of the boxes.

    >>> box_intersection(np.array([[0, 0, 4, 4]]), np.array([[2, 3, 9, 9], [4, 0, 5, 1]])).tolist()
    [[2, 0]]
    """
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:4], second[None, :, 2:4])
    return (high - low).clip(0).prod(axis=2)


def box_iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the intersection over union of every pair of boxes.

    Args:
        first: (N, 4) xyxy, any unit.
        second: (M, 4) xyxy, the same unit.

    Returns:
        (N, M) float64 in [0, 1]; 0 where both boxes are empty.

    >>> box_iou(np.array([[0, 0, 2, 2]]), np.array([[1, 0, 3, 2], [5, 5, 6, 6]])).round(3).tolist()
    [[0.333, 0.0]]
    """
    first = np.asarray(first, dtype=np.float64).reshape(-1, 4)
    second = np.asarray(second, dtype=np.float64).reshape(-1, 4)
    intersection = box_intersection(first, second)
    area_first = (first[:, 2:] - first[:, :2]).clip(min=0).prod(-1)
    area_second = (second[:, 2:] - second[:, :2]).clip(min=0).prod(-1)
    union = area_first[:, None] + area_second[None] - intersection
    return np.divide(intersection, union, out=np.zeros_like(intersection), where=union > 0)


def paired_box_iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the intersection over union of row i of ``first`` with row i of ``second``.

    Sides and areas are computed in the boxes' own type, the rest in float64: float32 boxes give
    what mmaction2 computes, float64 boxes what ActivityNet computes.

    Args:
        first: (P, 4) xyxy, float32 or float64, any unit, not reversed.
        second: (P, 4), in the same type and unit.

    Returns:
        (P,) float64 in [0, 1]; 0 where both boxes are empty.

    >>> paired_box_iou(np.array([[0.0, 0, 2, 2]]), np.array([[1.0, 0, 3, 2]])).round(3).tolist()
    [0.333]
    """
    left, top, right, bottom = first.T
    other_left, other_top, other_right, other_bottom = second.T
    width = np.minimum(right, other_right) - np.maximum(left, other_left)
    height = np.minimum(bottom, other_bottom) - np.maximum(top, other_top)
    intersection = np.maximum(width, 0).astype(np.float64)
    intersection *= np.maximum(height, 0)
    areas = (bottom - top) * (right - left)
    areas += (other_bottom - other_top) * (other_right - other_left)
    union = areas - intersection
    return np.divide(intersection, union, out=np.zeros_like(intersection), where=union > 0)


def paired_segment_iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the temporal intersection over union of row i of both.

    Args:
        first: (P, 2) start and end in seconds or another unit, start <= end.
        second: (P, 2) in the same unit.

    Returns:
        (P,) float64 in [0, 1]; 0 where both segments are empty.

    >>> paired_segment_iou(np.array([[0.0, 4.0]]), np.array([[2.0, 6.0]])).round(3).tolist()
    [0.333]
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    shared = np.minimum(first[:, 1], second[:, 1]) - np.maximum(first[:, 0], second[:, 0])
    shared = shared.clip(min=0)
    union = (first[:, 1] - first[:, 0]) + (second[:, 1] - second[:, 0]) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def tube_iou(
    first_frames: np.ndarray,
    first_boxes: np.ndarray,
    second_frames: np.ndarray,
    second_boxes: np.ndarray,
    *,
    added_px: float = 0.0,
    added_frames: int = 1,
) -> float:
    """Return the overlap of two tubes: frame IoU times the mean box IoU on shared frames.

    See Saha et al., "Deep learning for detecting multiple space-time action tubes in
    videos", BMVC 2016, section 4.

    Args:
        first_frames: (T1,) int frame indices without repeats.
        first_boxes: (T1, 4) xyxy at those frames, any unit.
        second_frames: (T2,) int frame indices without repeats.
        second_boxes: (T2, 4) xyxy in the same unit.
        added_px: added to the width and height of boxes; 1 if x2 and y2 are the last pixels inside.
        added_frames: 1 counts the frames of a tube, 0 takes the time from its first frame to its
            last.

    Returns:
        float in [0, 1]; 0 where no frame is shared.

    >>> box = np.array([[0.0, 0, 2, 2]])
    >>> tube_iou(np.arange(4), box.repeat(4, 0), np.arange(2, 6), box.repeat(4, 0))
    0.3333333333333333
    """
    shared, in_first, in_second = np.intersect1d(
        first_frames, second_frames, assume_unique=True, return_indices=True
    )
    together = len(shared) - 1 + added_frames
    union = len(first_frames) + len(second_frames) - len(shared) - 1 + added_frames
    if not len(shared) or not union:
        return 0.0
    corner = np.array([0.0, 0.0, added_px, added_px])
    boxes = np.asarray(first_boxes, np.float64)[in_first] + corner
    other_boxes = np.asarray(second_boxes, np.float64)[in_second] + corner
    return float(together / union * paired_box_iou(boxes, other_boxes).mean())


def fill_gaps(frames: np.ndarray, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return all frames from the first to the last, and their boxes, interpolated in gaps.

    >>> fill_gaps(np.array([1, 3]), np.array([[0.0, 0, 2, 2], [2, 0, 4, 2]]))[1].tolist()[1]
    [1.0, 0.0, 3.0, 2.0]
    """
    every = np.arange(frames[0], frames[-1] + 1)
    if len(every) == len(frames):
        return every, np.asarray(boxes, np.float64)
    return every, np.stack([np.interp(every, frames, side) for side in boxes.T], axis=1)
