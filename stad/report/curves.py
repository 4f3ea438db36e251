"""Summarize a precision-recall curve: its best F1, and a few points to draw."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stad.evaluation.precision import Curve

MAX_POINTS = 200


class BestF1(NamedTuple):
    """The point of a curve with the highest F1.

    Attributes:
        f1, precision, recall: in [0, 1].
        threshold: detections with this score and above are kept.
    """

    f1: float
    precision: float
    recall: float
    threshold: float


def best_f1(curve: Curve) -> BestF1 | None:
    """Find the threshold with the highest F1, and among equals the highest threshold.

    Detections of equal score are either all kept or all dropped.

    Returns:
        The point, or None without detections or ground truth.

    >>> precision, recall = np.array([1, 0.5, 2 / 3]), np.array([0.5, 0.5, 1])
    >>> best_f1(Curve(precision, recall, np.array([0.9, 0.4, 0.4])))
    BestF1(f1=0.8, precision=0.6666666666666666, recall=1.0, threshold=0.4)
    """
    if not len(curve.score) or np.isnan(curve.recall[0]):
        return None
    reached = np.append(curve.score[1:] != curve.score[:-1], True)
    precision, recall, score = (np.asarray(column)[reached] for column in curve)
    total = precision + recall
    f1 = np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)
    best = int(np.argmax(f1))
    return BestF1(*(float(column[best]) for column in (f1, precision, recall, score)))


def downsample(curve: Curve, max_points: int) -> list[list[float]]:
    """Return up to ``max_points`` points [recall, precision, score] of a curve, even in recall.

    Each is the first point with its recall, so that they follow the upper edge of the curve; the
    last point of the curve is one of them. Empty without ground truth or detections.
    """
    if not len(curve.score) or np.isnan(curve.recall[0]):
        return []
    places = np.arange(len(curve.score))
    if len(places) > max_points:
        levels = np.linspace(curve.recall[0], curve.recall[-1], max_points - 1)
        first = np.searchsorted(curve.recall, levels)
        places = np.unique(np.append(first, places[-1]))
    columns = (curve.recall, curve.precision, curve.score)
    points = np.stack([np.asarray(column)[places] for column in columns], axis=1)
    return points.astype(np.float64).round(5).tolist()
