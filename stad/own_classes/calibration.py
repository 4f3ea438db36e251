"""Fit calibrated probabilities and thresholds of classes to a validation set."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stad.annotations.own.examples import NEGATIVE, POSITIVE

# With fewer rows of either kind, a fit would say more about them than about the class.
MIN_ROWS = 3
MIN_SCALE, MAX_SCALE = 0.05, 20.0
NEWTON_STEPS = 100
# How strongly the fit is drawn to the logits as they are, in rows.
PRIOR = 0.5
DEFAULT_THRESHOLD = 0.5
MIN_THRESHOLD, MAX_THRESHOLD = 0.05, 0.95


class Calibration(NamedTuple):
    """Scale and bias that turn logits z into calibrated ones, scale * z + bias.

    Attributes:
        scale: (C,) float64 above 0.
        bias: (C,) float64.
    """

    scale: np.ndarray
    bias: np.ndarray

    def apply(self, logits: np.ndarray) -> np.ndarray:
        """Return probabilities in [0, 1] of (N, C) logits."""
        return sigmoid(logits * self.scale + self.bias)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-z)) of float arrays, without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(logits, np.float64)))


def fit_calibration(logits: np.ndarray, labels: np.ndarray) -> Calibration:
    """Fit scale and bias of each class to known labels (Platt 1999, with his targets).

    A class with fewer than ``MIN_ROWS`` positive or negative rows stays as it is.

    Args:
        logits: (N, C) float.
        labels: (N, C) 1, 0, or -1 for unknown.
    """
    scale, bias = np.ones(logits.shape[1]), np.zeros(logits.shape[1])
    for column in range(logits.shape[1]):
        positive, negative = labels[:, column] == POSITIVE, labels[:, column] == NEGATIVE
        if min(positive.sum(), negative.sum()) >= MIN_ROWS:
            known = positive | negative
            scale[column], bias[column] = fit_platt(logits[known, column], positive[known])
    return Calibration(scale, bias)


def fit_platt(logits: np.ndarray, is_positive: np.ndarray) -> tuple[float, float]:
    """Fit scale and bias of one class by Newton's method.

    The targets are (P + 1) / (P + 2) and 1 / (Q + 2) for P positive and Q negative rows. A scale
    that turned the order around, or went to infinity, is kept within limits.

    Args:
        logits: (N,) float.
        is_positive: (N,) bool.
    """
    z = np.asarray(logits, np.float64)
    num_positive, num_negative = int(is_positive.sum()), int((~is_positive).sum())
    target = np.where(is_positive, (num_positive + 1) / (num_positive + 2), 1 / (num_negative + 2))
    design = np.stack((z, np.ones_like(z)), axis=1)
    # Drawn towards a scale of 1: a few rows that are separated have no finite best scale.
    prior, strength = np.array([1.0, 0.0]), PRIOR * np.array([1.0, 0.01])
    found = prior.copy()
    for _ in range(NEWTON_STEPS):
        p = sigmoid(design @ found)
        gradient = design.T @ (p - target) + strength * (found - prior)
        hessian = (design * (p * (1 - p))[:, None]).T @ design + np.diag(strength)
        step = np.linalg.solve(hessian, gradient)
        # Newton's method may overshoot far from the minimum.
        found -= step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-9:
            break
    scale = float(np.clip(found[0], MIN_SCALE, MAX_SCALE))
    return scale, float(found[1])


def best_thresholds(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the threshold of each class with the best F1 on known labels, (C,) float64.

    It lies in the middle between two neighbouring scores; of equally good places, in the widest
    gap. A class without positive or without negative rows has ``DEFAULT_THRESHOLD``.

    Args:
        scores: (N, C) float in [0, 1].
        labels: (N, C) 1, 0, or -1 for unknown.

    >>> best_thresholds(np.array([[0.9], [0.7], [0.3], [0.1]]), np.array([[1], [1], [0], [0]]))
    array([0.5])
    """
    return np.array([_best(scores[:, i], labels[:, i]) for i in range(labels.shape[1])])


def _best(scores: np.ndarray, labels: np.ndarray) -> float:
    known = (labels == POSITIVE) | (labels == NEGATIVE)
    scores, labels = np.asarray(scores, np.float64)[known], labels[known]
    if not ((labels == POSITIVE).any() and (labels == NEGATIVE).any()):
        return DEFAULT_THRESHOLD
    levels = np.unique(np.concatenate(([0.0], scores, [1.0])))
    middles, gaps = (levels[1:] + levels[:-1]) / 2, np.diff(levels)
    called = scores >= middles[:, None]
    right = (called & (labels == POSITIVE)).sum(axis=1)
    f1 = 2 * right / (called.sum(axis=1) + (labels == POSITIVE).sum())
    best = middles[np.lexsort((gaps, f1.round(9)))[-1]]
    return float(np.clip(best, MIN_THRESHOLD, MAX_THRESHOLD))
