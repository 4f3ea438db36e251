"""Compute figures of taggers on videos that were labelled: accuracy, or mAP and F1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stad.evaluation.multilabel import best_class, class_aps, class_figures, mean_of
from stad.utils.numbers import rounded_or_none

DIGITS = 4


@dataclass(frozen=True)
class TagFigures:
    """Figures of a tagger.

    Attributes:
        accuracy: fraction of the videos whose only class, or none, is the one decided; NaN where
            videos have several.
        mean_ap: mean over the classes of the average precision.
        mean_f1: mean over the classes of F1.
    """

    accuracy: float
    mean_ap: float
    mean_f1: float

    def to_json(self) -> dict[str, float | None]:
        """Return them as JSON values; null where unknown."""
        values = {"accuracy": self.accuracy, "mAP": self.mean_ap, "F1": self.mean_f1}
        return {key: number(one) for key, one in values.items()}


def number(value: float) -> float | None:
    """Return a number rounded for a file; None for NaN."""
    return rounded_or_none(value, DIGITS)


def has_single_labels(labels: np.ndarray) -> bool:
    """Return whether no row of (N, C) has two classes."""
    return bool((labels.sum(axis=1) <= 1).all())


def decide(scores: np.ndarray, thresholds: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return which classes are shown, (N, C) bool.

    Where videos have one class each, it is the best one; if some have none, it must reach its
    threshold. Otherwise all that reach their thresholds.

    Args:
        scores: (N, C) float in [0, 1].
        thresholds: (N, C) or (C,) float in ]0, 1].
        labels: of all videos, which say what they have.
    """
    if not has_single_labels(labels):
        return scores >= thresholds
    if (labels.sum(axis=1) == 1).all():
        best = scores.argmax(axis=1)
    else:
        best = best_class(scores, thresholds)
    return np.arange(scores.shape[1]) == best[:, None]


def tag_figures(scores: np.ndarray, labels: np.ndarray, *, decided: np.ndarray) -> TagFigures:
    """Return the figures of scored videos.

    Args:
        scores: (N, C) float in [0, 1].
        labels: (N, C) 0 or 1.
        decided: (N, C) bool, see ``decide``.
    """
    truth = labels.astype(np.int64)
    names = tuple(map(str, range(labels.shape[1])))
    f1 = [one.counts.f1 for one in class_figures(names, scores, truth, decided=decided)]
    accuracy = float("nan")
    if has_single_labels(labels):
        accuracy = float((decided == (labels > 0)).all(axis=1).mean())
    return TagFigures(accuracy, mean_of(class_aps(scores, truth)), mean_of(f1))


def class_table(
    classes: tuple[str, ...], scores: np.ndarray, labels: np.ndarray, *, decided: np.ndarray
) -> list[dict[str, Any]]:
    """Return the figures of each class as JSON values, with its videos."""
    truth = labels.astype(np.int64)
    return [
        {
            "name": one.name,
            "videos": one.counts.num_positive,
            "AP": number(one.ap),
            "F1": number(one.counts.f1),
            "precision": number(one.counts.precision),
            "recall": number(one.counts.recall),
        }
        for one in class_figures(classes, scores, truth, decided=decided)
    ]
