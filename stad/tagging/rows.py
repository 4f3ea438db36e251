"""Collect vectors one by one in a few large pieces of memory."""

from __future__ import annotations

import numpy as np

FIRST_ROWS = 256


class Rows:
    """A growing array of vectors.

    A list of small arrays would take a hundred times their size: each keeps a hole of the memory of
    the network's maps, which are made and freed in between, from being used again.
    """

    def __init__(self) -> None:
        self._count, self._values = 0, np.zeros((0, 0), np.float32)

    def append(self, row: np.ndarray) -> None:
        """Copy a vector, (C,) float32, all of one size."""
        if self._count == len(self._values):
            larger = np.empty((max(2 * self._count, FIRST_ROWS), len(row)), np.float32)
            if self._count:
                larger[: self._count] = self._values
            self._values = larger
        self._values[self._count] = row
        self._count += 1

    def __len__(self) -> int:
        return self._count

    @property
    def values(self) -> np.ndarray:
        """The vectors so far, (N, C) float32."""
        return self._values[: self._count]
