"""Define the labelled examples that heads are trained on, with the features of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stad.annotations.own.examples import NEGATIVE, POSITIVE, count_classes
from stad.own_classes.recipe import Recipe


@dataclass(frozen=True)
class ExampleSet:
    """N rows: people, or whole frames, at single times, in one or more variants of each.

    Rows with the same ``examples`` are one example: variant 0 is what is there, the others are
    mirrored, moved or cut out differently, for training only.

    Attributes:
        classes: names of the C classes.
        videos: (N,) str, names in the folder.
        tracks: (N,) int64 ids of tracks, ``WHOLE_FRAME`` for the whole frame.
        times_sec: (N,) float64 of the middle of the window, seconds from the start of the video.
        labels: (N, C) int8, 1, 0, or -1 for unknown.
        sources: (N,) str, what was filmed together; rows of one source belong in one part.
        variants: (N,) int64, from 0.
        examples: (N,) int64, from 0.
        boxes: (N, 4) float32 xyxy at that time, source pixels.
        features: (N, F) float32 by the name of the view.
        recipe: what the features are made by.
        window_sec: length of the window that was seen, seconds.
        step_sec: seconds between the examples of a person.
    """

    classes: tuple[str, ...]
    videos: np.ndarray
    tracks: np.ndarray
    times_sec: np.ndarray
    labels: np.ndarray
    sources: np.ndarray
    variants: np.ndarray
    examples: np.ndarray
    boxes: np.ndarray
    features: Mapping[str, np.ndarray]
    recipe: Recipe
    window_sec: float
    step_sec: float

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def whole_frame(self) -> bool:
        """True if the rows are whole frames, not people."""
        return self.recipe.whole_frame

    def rows_of(self, sources: Sequence[str], *, plain: bool = False) -> np.ndarray:
        """Return the rows of some sources, (M,) int64; ``plain`` without the variants."""
        chosen = np.isin(self.sources, list(sources))
        return np.flatnonzero(chosen & (self.variants == 0) if plain else chosen)

    def of_views(self, views: Sequence[str], rows: np.ndarray) -> dict[str, np.ndarray]:
        """Return the features of some views and rows, as heads take them."""
        return {name: self.features[name][rows] for name in views}

    def amounts(self, names: np.ndarray, rows: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """Return (C + 1,) examples of each class and of none by name, as folds take them.

        Args:
            names: ``videos`` or ``sources``, (N,).
            rows: that count; variants never do. None for all.
        """
        chosen = np.arange(len(self)) if rows is None else rows
        plain = chosen[self.variants[chosen] == 0]
        return {
            name: count_classes(self.labels[plain[names[plain] == name]])
            for name in np.unique(names[chosen]).tolist()
        }

    def counts(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the positive and the negative examples of each class, (C,) int64 each."""
        plain = self.labels[self.variants == 0]
        return (plain == POSITIVE).sum(axis=0), (plain == NEGATIVE).sum(axis=0)
