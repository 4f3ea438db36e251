"""Compute the figures of the YouTube-8M challenges: Hit@1, PERR, GAP@20 and mAP.

They need the highest predictions of each video only: ``top_predictions`` keeps them of a batch,
``join_tops`` joins batches and processes, and ``tagging_figures`` evaluates them.

Ties. Within a video the class of lower number comes first. Between videos the original code
shuffles equal scores; here average precision is its mean over all orders of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

# Predictions of a video that count for GAP and mAP.
TOP_K = 20


class TopPredictions(NamedTuple):
    """The predictions of N videos that the figures need, about 160 bytes a video.

    Attributes:
        scores: (N, K) float32, the highest scores of each video, descending.
        classes: (N, K) uint16 or int64, their classes.
        is_label: (N, K) bool, whether the video has them as labels.
        hits: (N,) bool, whether the first one is a label.
        perr: (N,) float64, precision among as many predictions as the video has labels; 0 without.
        num_labels: (N,) int32.
        labels: (sum of num_labels,) uint16 or int64, the labels of all videos in order.
    """

    scores: np.ndarray
    classes: np.ndarray
    is_label: np.ndarray
    hits: np.ndarray
    perr: np.ndarray
    num_labels: np.ndarray
    labels: np.ndarray

    def select(self, rows: np.ndarray) -> TopPredictions:
        """Return some videos, (M,) int of rows."""
        ends = np.cumsum(self.num_labels)
        starts = ends - self.num_labels
        counts = self.num_labels[rows]
        # For each label of a chosen video: its place within the video, then in the whole list.
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        labels = self.labels[np.repeat(starts[rows], counts) + within]
        return TopPredictions._make([*(one[rows] for one in self[:-1]), labels])


@dataclass(frozen=True)
class TaggingFigures:
    """The figures of a set of videos, in [0, 1].

    Attributes:
        hit_at_1: ratio of the videos whose highest prediction is one of their labels.
        perr: mean precision among as many predictions as a video has labels.
        gap: average precision of the K highest predictions of all videos in one list.
        class_ap: (C,) float64, average precision of each class; 0 without labels.
        num_labels: (C,) int64, videos with each label.
        num_videos: how many there are; those without labels count in hit_at_1 and perr as 0.
    """

    hit_at_1: float
    perr: float
    gap: float
    class_ap: np.ndarray
    num_labels: np.ndarray
    num_videos: int

    @property
    def map(self) -> float:
        """Mean of ``class_ap`` over all classes, as in 2018: one without labels counts as 0."""
        return float(self.class_ap.mean())

    @property
    def map_labelled(self) -> float:
        """Mean of ``class_ap`` over the classes that have labels, as in 2019; 0 without any."""
        has_labels = self.num_labels > 0
        return float(self.class_ap[has_labels].mean()) if has_labels.any() else 0.0


def evaluate_tags(scores: np.ndarray, labels: np.ndarray, *, top_k: int = TOP_K) -> TaggingFigures:
    """Return the figures of videos whose scores are all in memory.

    Args:
        scores: (N, C) float in [0, 1].
        labels: (N, C), 0 or 1.
        top_k: predictions of a video that count for GAP and mAP.

    >>> figures = evaluate_tags(np.array([[0.9, 0.1], [0.8, 0.3]]), np.array([[1, 0], [0, 1]]))
    >>> figures.hit_at_1, figures.perr, round(figures.gap, 3), figures.map
    (0.5, 0.5, 0.833, 1.0)
    """
    top = top_predictions(scores, labels, top_k=top_k)
    return tagging_figures(top, np.asarray(scores).shape[1])


def top_predictions(
    scores: np.ndarray, labels: np.ndarray, *, top_k: int = TOP_K
) -> TopPredictions:
    """Return what the figures need of a batch.

    Args:
        scores: (N, C) float in [0, 1]; they are compared as float32.
        labels: (N, C), 0 or 1.
        top_k: highest scores of a video to keep; all if there are fewer classes.

    Raises:
        ValueError: the shapes differ, there are no classes, or a score is not finite.
    """
    scores, is_label = np.asarray(scores, dtype=np.float32), np.asarray(labels) > 0
    if scores.ndim != 2 or scores.shape != is_label.shape or not scores.shape[1]:
        raise ValueError(
            f"expected scores and labels (N, C), C > 0, got {scores.shape} and {is_label.shape}"
        )
    if not np.isfinite(scores).all():
        raise ValueError("expected finite scores, got NaN or infinity")
    best = _highest(scores, min(top_k, scores.shape[1]))
    number = np.uint16 if scores.shape[1] <= 1 << 16 else np.int64
    rows = np.arange(len(scores))[:, None]
    return TopPredictions(
        scores[rows, best],
        best.astype(number),
        is_label[rows, best],
        is_label[rows[:, 0], scores.argmax(axis=1)],
        _equal_recall_precision(scores, is_label),
        is_label.sum(axis=1, dtype=np.int32),
        np.nonzero(is_label)[1].astype(number),
    )


def _highest(scores: np.ndarray, count: int) -> np.ndarray:
    """Return the classes of the highest scores of each row, descending; of equal ones the first."""
    best = np.argpartition(-scores, count - 1, axis=1)[:, :count]
    # By class, so that the stable sort by score keeps equal ones in this order.
    best.sort(axis=1)
    values = np.take_along_axis(scores, best, axis=1)
    # argpartition takes any of the classes that share the lowest of these scores.
    lowest = values.min(axis=1, keepdims=True)
    is_open = (scores == lowest).sum(axis=1) > (values == lowest).sum(axis=1)
    best = np.take_along_axis(best, np.argsort(-values, axis=1, kind="stable"), axis=1)
    for row in np.flatnonzero(is_open):
        best[row] = np.argsort(-scores[row], kind="stable")[:count]
    return best


def _equal_recall_precision(scores: np.ndarray, is_label: np.ndarray) -> np.ndarray:
    """Return for each row the ratio of its n labels among its n highest scores, (N,) float64.

    A score of 0 does not count as a prediction. Rows without labels give 0.
    """
    row, label = np.nonzero(is_label)
    num_labels = is_label.sum(axis=1)
    own = scores[row, label]
    rank = (scores[row] > own[:, None]).sum(axis=1)
    is_before = np.arange(scores.shape[1]) < label[:, None]
    rank += ((scores[row] == own[:, None]) & is_before).sum(axis=1)
    is_found = (rank < num_labels[row]) & (own > 0)
    found = np.bincount(row, weights=is_found, minlength=len(scores))
    return found / np.maximum(num_labels, 1)


def join_tops(parts: Sequence[TopPredictions]) -> TopPredictions:
    """Return the videos of several batches or processes as one; ``parts`` is not empty."""
    return TopPredictions(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def tagging_figures(top: TopPredictions, num_classes: int) -> TaggingFigures:
    """Return the figures of videos; 0 for each where there are no videos or no labels.

    Args:
        top: of all videos.
        num_classes: of the scores.
    """
    num_labels = np.bincount(top.labels, minlength=num_classes)
    scores, is_label = top.scores.reshape(-1), top.is_label.reshape(-1)
    classes = top.classes.reshape(-1)
    by_class = np.argsort(classes, kind="stable")
    bounds = np.searchsorted(classes, np.arange(num_classes + 1), sorter=by_class)
    class_ap = np.zeros(num_classes)
    for number in np.flatnonzero(num_labels):
        chosen = by_class[bounds[number] : bounds[number + 1]]
        class_ap[number] = mean_order_ap(scores[chosen], is_label[chosen], int(num_labels[number]))
    count = len(top.hits)
    return TaggingFigures(
        hit_at_1=float(top.hits.mean()) if count else 0.0,
        perr=float(top.perr.mean()) if count else 0.0,
        gap=mean_order_ap(scores, is_label, len(top.labels)),
        class_ap=class_ap,
        num_labels=num_labels,
        num_videos=count,
    )


def mean_order_ap(scores: np.ndarray, is_right: np.ndarray, num_ground_truth: int) -> float:
    """Return the mean precision at the hits, over all orders of equal scores.

    Of n equal scores with p hits, after R others with P hits, the place i = 1 .. n holds a hit with
    probability p / n, and then P + 1 + (i - 1)(p - 1)/(n - 1) hits are expected up to it.

    Args:
        scores: (N,) float, in any order.
        is_right: (N,) bool.
        num_ground_truth: number of hits that were possible.

    Returns:
        In [0, 1]; 0 without scores or ground truth.

    >>> mean_order_ap(np.array([0.5, 0.5]), np.array([True, False]), 1)
    0.75
    """
    if not num_ground_truth or not len(scores):
        return 0.0
    order = np.argsort(-scores, kind="stable")
    scores, is_right = scores[order], is_right[order]
    starts = np.flatnonzero(np.concatenate(([True], scores[1:] != scores[:-1])))
    sizes = np.diff(starts, append=len(scores))
    hits = np.add.reduceat(is_right, starts, dtype=np.int64)
    before = np.cumsum(hits) - hits
    alone = (sizes == 1) & (hits > 0)
    total = np.sum((before[alone] + 1) / (starts[alone] + 1))
    tied = (sizes > 1) & (hits > 0)
    for start, size, hit, earlier in zip(
        *(one[tied] for one in (starts, sizes, hits, before)), strict=True
    ):
        place = np.arange(size)
        expected = earlier + 1 + place * (hit - 1) / (size - 1)
        total += hit / size * np.sum(expected / (start + place + 1))
    return float(total / num_ground_truth)
