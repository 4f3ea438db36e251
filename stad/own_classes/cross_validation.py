"""Test heads on sources that they were not trained on, each source once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from stad.annotations.own.split import make_folds
from stad.errors import InputError
from stad.own_classes.example_set import ExampleSet

NUM_FOLDS = 5
MIN_SOURCES = 2


class Fitted(Protocol):
    """A trained head, see ``stad.own_classes.training``."""

    @property
    def views(self) -> tuple[str, ...]:
        """Names of the views that it sees."""
        ...

    @property
    def thresholds(self) -> np.ndarray:
        """(C,) score from which a class counts as there."""
        ...

    def scores(self, features: dict[str, np.ndarray]) -> np.ndarray:
        """Return (N, C) probabilities of rows."""
        ...


Fit = Callable[[ExampleSet, np.ndarray], Fitted]


@dataclass(frozen=True)
class TestedRows:
    """Rows of an example set with the scores of a head that had not seen their source.

    Attributes:
        rows: (M,) int64 rows of the example set, as they are in the video, each once.
        folds: (M,) int64 fold in which they were tested.
        scores: (M, C) float64 in [0, 1].
        thresholds: (M, C) float64 of the head that scored them, in ]0, 1].
        views: names of the views of each fold's head.
    """

    # pytest would take the name for that of a test.
    __test__ = False

    rows: np.ndarray
    folds: np.ndarray
    scores: np.ndarray
    thresholds: np.ndarray
    views: tuple[tuple[str, ...], ...]

    @property
    def decided(self) -> np.ndarray:
        """(M, C) bool: the classes that are shown."""
        return self.scores >= self.thresholds


def choose_num_folds(examples: ExampleSet, wanted: int = NUM_FOLDS) -> int:
    """Return how many folds there can be: as wanted, or as many as there are sources.

    Raises:
        InputError: there is one source only.
    """
    count = len(np.unique(examples.sources))
    if count < MIN_SOURCES:
        raise InputError(
            f"All labels are of one source ({examples.sources[0] if count else 'none'}), so there "
            "is nothing to test on. Label another video, or say in sources.csv which videos were "
            "filmed separately."
        )
    return min(wanted, count)


def cross_validate(
    examples: ExampleSet,
    fit: Fit,
    *,
    num_folds: int,
    fraction: float = 1.0,
    seed: int = 0,
    on_fold: Callable[[], object] = lambda: None,
) -> TestedRows:
    """Train a head for each fold on the sources of the others, and score the fold.

    Args:
        examples: of all sources.
        fit: trains a head on some rows.
        num_folds: as ``choose_num_folds`` returns it.
        fraction: of the sources of each training, in ]0, 1]; for learning curves.
        seed: of the division into folds.
        on_fold: called after each fold.

    Raises:
        InputError: there are fewer sources than folds.
    """
    folds = make_folds(examples.amounts(examples.sources), num_folds, seed=seed)
    parts: list[tuple[np.ndarray, int, np.ndarray, np.ndarray]] = []
    views = []
    for fold in range(num_folds):
        others = [source for source, number in folds.items() if number != fold]
        chosen = part_of_sources(examples, others, fraction=fraction)
        head = fit(examples, examples.rows_of(chosen))
        rows = examples.rows_of([one for one in folds if folds[one] == fold], plain=True)
        scores = head.scores(examples.of_views(head.views, rows))
        parts.append((rows, fold, scores, head.thresholds))
        views.append(tuple(head.views))
        on_fold()
    return TestedRows(
        np.concatenate([rows for rows, *_ in parts]),
        np.concatenate([np.full(len(rows), fold) for rows, fold, *_ in parts]),
        np.concatenate([scores for *_, scores, _ in parts]),
        np.concatenate([np.tile(line, (len(rows), 1)) for rows, _, _, line in parts]),
        tuple(views),
    )


def part_of_sources(examples: ExampleSet, sources: Sequence[str], *, fraction: float) -> list[str]:
    """Return about a fraction of the sources, with each class that they have in one at least.

    The sources of a smaller fraction are among those of a larger one.

    Args:
        examples: with these sources.
        sources: to choose from.
        fraction: in ]0, 1].
    """
    if fraction >= 1:
        return list(sources)
    amounts = examples.amounts(examples.sources)
    order = sorted(sources, key=lambda one: hashlib.sha256(one.encode()).hexdigest())
    missing = np.sum([amounts[one] for one in order], axis=0) > 0
    first: list[str] = []
    for source in order:
        if (missing & (amounts[source] > 0)).any():
            first.append(source)
            missing &= amounts[source] == 0
    order = first + [one for one in order if one not in first]
    return order[: max(len(first), round(fraction * len(order)))]
