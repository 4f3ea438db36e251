"""Compute average precision and precision-recall curves, as the benchmarks define them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Curve(NamedTuple):
    """Precision and recall of one class if only the k highest scores are kept, k = 1 .. N.

    Attributes:
        precision, recall: (N,) float64 in [0, 1]; recall is NaN without ground truth.
        score: (N,) float64, descending.
    """

    precision: np.ndarray
    recall: np.ndarray
    score: np.ndarray


def average_precision(is_right: np.ndarray, num_ground_truth: int) -> float:
    """Compute the area under the precision envelope (PASCAL VOC 2010 and later).

    Args:
        is_right: (N,) bool, detections in descending order of score.
        num_ground_truth: number of ground truths.

    Returns:
        float in [0, 1]; 0 without detections, NaN without ground truth.

    >>> average_precision(np.array([True, False, True]), 2)
    0.8333333333333333
    """
    if not num_ground_truth:
        return float("nan")
    # Precision rises only at true positives, so the envelope does not need other points.
    place = np.flatnonzero(is_right)
    count = np.arange(1, len(place) + 1)
    envelope = np.maximum.accumulate((count / (place + 1))[::-1])[::-1]
    steps = np.diff(count / num_ground_truth, prepend=0.0)
    return float(np.sum(steps * envelope))


def ap_at_hits(is_right: np.ndarray, num_ground_truth: int) -> float:
    """Compute the mean over the ground truth of the precision at its hits, without an envelope.

    As in THUMOS 2014's updated evaluation. Arguments and result as ``average_precision``.

    >>> round(ap_at_hits(np.array([True, False, True]), 2), 4)
    0.8333
    """
    if not num_ground_truth:
        return float("nan")
    place = np.flatnonzero(is_right)
    return float(np.sum(np.arange(1, len(place) + 1) / (place + 1)) / num_ground_truth)


def ap_trapezoid(is_right: np.ndarray, num_ground_truth: int) -> float:
    """Compute the area under straight lines between the points of the curve, from precision 1.

    As in the evaluation of the ACT detector. Arguments and result as ``average_precision``.

    >>> round(ap_trapezoid(np.array([True, False, True]), 2), 4)
    0.7917
    """
    if not num_ground_truth:
        return float("nan")
    right = np.cumsum(is_right)
    precision = np.append(1.0, right / np.arange(1, len(right) + 1))
    steps = np.diff(right / num_ground_truth, prepend=0.0)
    return float(np.sum(steps * (precision[1:] + precision[:-1]) / 2))


def precision_recall(is_right: np.ndarray, scores: np.ndarray, *, num_ground_truth: int) -> Curve:
    """Compute the precision-recall curve of a class, without an envelope.

    Args:
        is_right: (N,) bool, detections in descending order of score.
        scores: (N,) float, descending.
        num_ground_truth: number of ground truths.
    """
    right = np.cumsum(is_right)
    recall = right / num_ground_truth if num_ground_truth else np.full(len(right), np.nan)
    return Curve(right / np.arange(1, len(right) + 1), recall, np.asarray(scores))
