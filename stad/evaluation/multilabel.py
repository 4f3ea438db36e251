"""Compute figures of several labels per example, some of them unknown: AP, F1, confusions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stad.evaluation.precision import average_precision

UNKNOWN = -1


class Counts(NamedTuple):
    """Decisions about one class.

    Attributes:
        found: positive examples that were decided positive.
        missed: positive examples that were not.
        false: negative examples that were decided positive.
        num_negative: negative examples.
    """

    found: int
    missed: int
    false: int
    num_negative: int

    @property
    def num_positive(self) -> int:
        """Positive examples."""
        return self.found + self.missed

    @property
    def precision(self) -> float:
        """Fraction of the decisions that are right; NaN without any."""
        return _ratio(self.found, self.found + self.false)

    @property
    def recall(self) -> float:
        """Fraction of the positive examples that were found; NaN without any."""
        return _ratio(self.found, self.num_positive)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; NaN without positive examples."""
        if not self.num_positive:
            return float("nan")
        return 2 * self.found / (2 * self.found + self.missed + self.false)


@dataclass(frozen=True)
class ClassFigures:
    """Figures of one class.

    Attributes:
        name: of the class.
        ap: average precision in [0, 1], see ``average_precision``; NaN without positive examples.
        counts: of the decisions.
    """

    name: str
    ap: float
    counts: Counts


def class_figures(
    names: tuple[str, ...], scores: np.ndarray, labels: np.ndarray, *, decided: np.ndarray
) -> list[ClassFigures]:
    """Return the figures of each class, over the examples in which it is known.

    Args:
        names: of the C classes.
        scores: (N, C) float in [0, 1].
        labels: (N, C) int, 1, 0, or -1 for unknown.
        decided: (N, C) bool, what is shown.
    """
    figures = []
    for place, name in enumerate(names):
        known = labels[:, place] != UNKNOWN
        is_there, shown = labels[known, place] > 0, decided[known, place]
        order = np.argsort(-scores[known, place], kind="stable")
        counts = Counts(
            found=int((is_there & shown).sum()),
            missed=int((is_there & ~shown).sum()),
            false=int((~is_there & shown).sum()),
            num_negative=int((~is_there).sum()),
        )
        ap = average_precision(is_there[order], int(is_there.sum()))
        figures.append(ClassFigures(name, ap, counts))
    return figures


def class_aps(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the average precision of each class over the rows with known labels.

    Rows of equal scores are ranked as if the negative ones came first: that cannot flatter.

    Args:
        scores: (N, C) float.
        labels: (N, C) int, 1, 0, or -1 for unknown.

    Returns:
        (C,) float64; NaN for a class without positive or without negative rows.

    >>> labels = np.array([[1, -1], [0, 1], [1, -1]])
    >>> class_aps(np.array([[0.9, 0.1], [0.5, 0.2], [0.4, 0.9]]), labels).round(3).tolist()
    [0.833, nan]
    """
    found = np.full(labels.shape[1], np.nan)
    for column in range(labels.shape[1]):
        known = labels[:, column] != UNKNOWN
        own, is_there = scores[known, column], labels[known, column] > 0
        if is_there.any() and not is_there.all():
            order = np.lexsort((is_there, -own))
            found[column] = average_precision(is_there[order], int(is_there.sum()))
    return found


def mean_of(values: Sequence[float] | np.ndarray) -> float:
    """Return the mean of the numbers that are not NaN; NaN without any."""
    known = [one for one in values if np.isfinite(one)]
    return float(np.mean(known)) if known else float("nan")


def confusions(labels: np.ndarray, decided: np.ndarray) -> np.ndarray:
    """Count which classes are shown where others are labelled.

    A label that is shown counts on the diagonal. A label that is missed counts in the columns of
    the classes that are shown wrongly, or in the last column if there are none. A class that is
    shown where no label is missed counts in the last row.

    Args:
        labels: (N, C) int, 1, 0, or -1 for unknown.
        decided: (N, C) bool.

    Returns:
        (C + 1, C + 1) int64; rows are labels, columns are what is shown, the last ones are none
        of the classes.

    >>> confusions(np.array([[1, 0], [1, 0], [0, 0]]), np.array([[1, 0], [0, 1], [0, 0]], bool))
    array([[1, 1, 0],
           [0, 0, 0],
           [0, 0, 1]])
    """
    count = labels.shape[1]
    table = np.zeros((count + 1, count + 1), np.int64)
    for label, shown in zip(labels, decided, strict=True):
        there = label > 0
        wrong = np.flatnonzero(shown & (label == 0))
        missed = np.flatnonzero(there & ~shown)
        for place in np.flatnonzero(there & shown):
            table[place, place] += 1
        for place in missed:
            table[place, wrong if len(wrong) else count] += 1
        if not len(missed):
            table[count, wrong] += 1
        if (label == 0).all() and not len(wrong):
            table[count, count] += 1
    return table


def best_class(scores: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Return the class that is farthest above its threshold, or C for none above it.

    Args:
        scores: (N, C) float in [0, 1].
        thresholds: (N, C) or (C,) float in ]0, 1].

    Returns:
        (N,) int64.

    >>> best_class(np.array([[0.6, 0.5], [0.2, 0.1]]), np.array([0.5, 0.3])).tolist()
    [1, 2]
    """
    ratio = scores / thresholds
    return np.where(ratio.max(axis=1) >= 1, ratio.argmax(axis=1), scores.shape[1])


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
