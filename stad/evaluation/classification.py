"""How often the class of a video is found: top-k and mean class accuracy, over averaged views."""

from __future__ import annotations

import numpy as np


def average_views(groups: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean score of all rows of each group, such as the views of a video.

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
    """At which place, from 0, the right class of each row comes.

    Of equal scores the lower class comes first. A score that is NaN comes last.

    Args:
        scores: (N, C) float.
        labels: (N,) int, from 0 to C - 1.

    Returns:
        (N,) int64.

    Raises:
        ValueError: other shapes, or a label that is no class.

    >>> label_ranks(np.array([[0.2, 0.5, 0.3], [0.4, 0.4, 0.2]]), np.array([2, 1])).tolist()
    [1, 1]
    """
    scores, labels = _checked(scores, labels)
    scores = np.where(np.isnan(scores), -np.inf, scores)
    own = np.take_along_axis(scores, labels[:, None], axis=1)
    before = np.arange(scores.shape[1]) < labels[:, None]
    return ((scores > own) | ((scores == own) & before)).sum(axis=1)


def top_k_accuracy(scores: np.ndarray, labels: np.ndarray, k: int) -> float:
    """Share of rows whose right class is among the ``k`` highest; NaN without rows.

    See ``label_ranks`` for the arguments and for ties.

    >>> top_k_accuracy(np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]]), np.array([2, 0]), 1)
    0.5
    """
    if k < 1:
        raise ValueError(f"k is 1 or more, got {k}")
    ranks = label_ranks(scores, labels)
    return float((ranks < k).mean()) if len(ranks) else float("nan")


def class_accuracies(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Top-1 accuracy of the rows of each class; NaN for a class without rows.

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
    """The mean of ``class_accuracies`` over the classes that have rows; NaN without any.

    >>> scores = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> mean_class_accuracy(scores, np.array([0, 0, 1, 1]))
    0.75
    """
    accuracies = class_accuracies(scores, labels)
    known = accuracies[~np.isnan(accuracies)]
    return float(known.mean()) if len(known) else float("nan")


def confusion_matrix(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How many rows of each class (row) are taken for each class (column): (C, C) int64.

    See ``label_ranks`` for the arguments; of equal scores the lower class is taken.
    """
    scores, labels = _checked(scores, labels)
    classes = scores.shape[1]
    taken = np.where(np.isnan(scores), -np.inf, scores).argmax(axis=1)
    return np.bincount(labels * classes + taken, minlength=classes**2).reshape(classes, classes)


def two_way_accuracy(scores: np.ndarray, labels: np.ndarray, others: np.ndarray) -> float:
    """Share of rows whose class scores above one given other class; 0.5 is chance.

    Equal scores count half.

    Args:
        scores: (N, C) float.
        labels, others: (N,) int, from 0 to C - 1.

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
            f"scores are (N, C) and labels (N,), got {scores.shape} and {labels.shape}"
        )
    if len(labels) and not (labels.min() >= 0 and labels.max() < scores.shape[1]):
        raise ValueError(
            f"labels are from 0 to {scores.shape[1] - 1}, got {labels.min()} to {labels.max()}"
        )
    return scores, labels.astype(np.int64)
