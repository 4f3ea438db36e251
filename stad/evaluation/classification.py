"""Compute top-k and mean class accuracy of videos, and average the scores of their views."""

from __future__ import annotations

import numpy as np


def average_views(groups: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Average the scores of each group of rows, such as the views of a video.

    Args:
        groups: (M,) number or name of the group of each row.
        scores: (M, C) float.

    Returns:
        (G,) the groups, each once, ascending, and (G, C) float64 means.

    >>> groups, means = average_views(np.array([7, 3, 7]), np.array([[1.0], [5.0], [2.0]]))
    >>> groups.tolist(), means.tolist()
    ([3, 7], [[5.0], [1.5]])
    """
    names, row_group = np.unique(np.asarray(groups), return_inverse=True)
    scores = np.asarray(scores, dtype=np.float64)
    sums = np.zeros((len(names), scores.shape[1]))
    np.add.at(sums, row_group, scores)
    return names, sums / np.bincount(row_group, minlength=len(names))[:, None]


def label_ranks(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the rank, from 0, of the right class of each row.

    Equal scores are ranked by class. A score that is NaN ranks last.

    Args:
        scores: (N, C) float.
        labels: (N,) int, from 0 to C - 1.

    Returns:
        (N,) int64.

    Raises:
        ValueError: the shapes differ from these, or a label is not a class.

    >>> label_ranks(np.array([[0.2, 0.5, 0.3], [0.4, 0.4, 0.2]]), np.array([2, 1])).tolist()
    [1, 1]
    """
    scores, labels = _checked(scores, labels)
    scores = np.where(np.isnan(scores), -np.inf, scores)
    own = np.take_along_axis(scores, labels[:, None], axis=1)
    before = np.arange(scores.shape[1]) < labels[:, None]
    return ((scores > own) | ((scores == own) & before)).sum(axis=1)


def top_k_accuracy(scores: np.ndarray, labels: np.ndarray, k: int) -> float:
    """Return the fraction of rows whose right class is among the ``k`` highest; NaN without rows.

    See ``label_ranks`` for the arguments and for ties.

    >>> top_k_accuracy(np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]]), np.array([2, 0]), 1)
    0.5
    """
    if k < 1:
        raise ValueError(f"k must be 1 or more, got {k}.")
    ranks = label_ranks(scores, labels)
    return float((ranks < k).mean()) if len(ranks) else float("nan")


def class_accuracies(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Compute the top-1 accuracy of the rows of each class; NaN for a class without rows.

    See ``label_ranks`` for the arguments.

    Returns:
        (C,) float64.
    """
    ranks = label_ranks(scores, labels)
    labels, classes = np.asarray(labels), np.shape(scores)[1]
    right = np.bincount(labels[ranks == 0], minlength=classes).astype(np.float64)
    count = np.bincount(labels, minlength=classes)
    return np.divide(right, count, out=np.full(classes, np.nan), where=count > 0)


def mean_class_accuracy(scores: np.ndarray, labels: np.ndarray) -> float:
    """Average ``class_accuracies`` over the classes that have rows; NaN without any.

    >>> scores = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> mean_class_accuracy(scores, np.array([0, 0, 1, 1]))
    0.75
    """
    accuracies = class_accuracies(scores, labels)
    known = accuracies[~np.isnan(accuracies)]
    return float(known.mean()) if len(known) else float("nan")


def confusion_matrix(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Count the rows of each class (row) that are predicted as each class (column).

    See ``label_ranks`` for the arguments; the lower class of equal scores is predicted.

    Returns:
        (C, C) int64.
    """
    scores, labels = _checked(scores, labels)
    classes = scores.shape[1]
    taken = np.where(np.isnan(scores), -np.inf, scores).argmax(axis=1)
    return np.bincount(labels * classes + taken, minlength=classes**2).reshape(classes, classes)


def two_way_accuracy(scores: np.ndarray, labels: np.ndarray, others: np.ndarray) -> float:
    """Return the fraction of rows whose class scores above one given other class.

    Equal scores count half, so chance is 0.5.

    Args:
        scores: (N, C) float.
        labels: (N,) int right classes, from 0 to C - 1.
        others: (N,) int other classes, from 0 to C - 1.

    Returns:
        in [0, 1]; NaN without rows.

    >>> scores = np.array([[0.1, 0.2, 0.7], [0.1, 0.1, 0.8]])
    >>> two_way_accuracy(scores, np.array([1, 0]), np.array([0, 1]))
    0.75
    """
    scores, labels = _checked(scores, labels)
    _, others = _checked(scores, others)
    rows = np.arange(len(labels))
    gap = scores[rows, labels] - scores[rows, others]
    return float(((gap > 0) + 0.5 * (gap == 0)).mean()) if len(gap) else float("nan")


def _checked(scores: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scores, labels = np.asarray(scores), np.asarray(labels)
    if scores.ndim != 2 or labels.shape != scores.shape[:1]:
        raise ValueError(
            f"Scores must be (N, C) and labels (N,), got {scores.shape} and {labels.shape}."
        )
    if len(labels) and not (labels.min() >= 0 and labels.max() < scores.shape[1]):
        raise ValueError(
            f"Labels must be from 0 to {scores.shape[1] - 1}, got {labels.min()} to {labels.max()}."
        )
    return scores, labels.astype(np.int64)
