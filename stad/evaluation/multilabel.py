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
        # Of equal scores, the wrong ones come first: ties must not flatter.
        order = np.lexsort((is_there, -scores[known, place]))
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


def confusion_pairs(labels: np.ndarray, decided: np.ndarray) -> np.ndarray:
    """Return which class is shown where which is labelled, as (K, 3) int64 rows.

    A label that is shown is a pair with itself. A label that is missed is a pair with each class
    that is shown wrongly, or with none of them. A class that is shown where no label is missed is a
    pair with none of them, and so is an example of none that is shown as such.

    Args:
        labels: (N, C) int, 1, 0, or -1 for unknown.
        decided: (N, C) bool.

    Returns:
        In each row the example, the class that is labelled and the one that is shown; C for none.

    >>> shown = np.array([[1, 0], [0, 1], [0, 0]], bool)
    >>> confusion_pairs(np.array([[1, 0], [1, 0], [0, 0]]), shown).tolist()
    [[0, 0, 0], [1, 0, 1], [2, 2, 2]]
    """
    none, pairs = labels.shape[1], []
    for example, (label, shown) in enumerate(zip(labels, decided, strict=True)):
        there = label > 0
        right, missed = np.flatnonzero(there & shown).tolist(), np.flatnonzero(there & ~shown)
        wrong = np.flatnonzero(shown & (label == 0)).tolist()
        pairs += [(example, place, place) for place in right]
        pairs += [(example, place, other) for place in missed.tolist() for other in wrong or [none]]
        if not len(missed):
            pairs += [(example, none, other) for other in wrong]
        if (label == 0).all() and not wrong:
            pairs.append((example, none, none))
    return np.array(pairs, np.int64).reshape(-1, 3)


def confusions(labels: np.ndarray, decided: np.ndarray) -> np.ndarray:
    """Count the pairs of ``confusion_pairs``.

    Returns:
        (C + 1, C + 1) int64; rows are labels, columns what is shown, the last ones none of them.
    """
    size = labels.shape[1] + 1
    pairs = confusion_pairs(labels, decided)
    return np.bincount(pairs[:, 1] * size + pairs[:, 2], minlength=size**2).reshape(size, size)


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
