"""Order the items of a data set in each epoch, and distribute them over the processes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sized
from typing import NamedTuple, Protocol

import numpy as np
from mmengine.dist import get_dist_info
from torch.utils.data import Sampler


class EpochIndex(NamedTuple):
    """An item of a data set in an epoch; both seed its augmentation.

    Loader processes outlive an epoch, so the number of the epoch travels with the index.
    """

    epoch: int
    index: int


class EpochSampler(Sampler):
    """Sample all items once per epoch, in an order given by the seed and the epoch alone.

    With W processes, step s of batches of b takes the same W * b items as one process does with
    batches of W * b.

    Args:
        dataset: the items.
        shuffle: whether to shuffle.
        seed: of the order; 0 if None.
        pad: repeat the first items until all processes get the same number, as training needs.
    """

    def __init__(
        self, dataset: Sized, shuffle: bool = True, *, seed: int | None = None, pad: bool = True
    ) -> None:
        self._dataset, self._shuffle, self._seed, self._pad = dataset, shuffle, seed or 0, pad
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch that comes next, from 0."""
        self._epoch = epoch

    def __iter__(self) -> Iterator[EpochIndex]:
        rank, world = get_dist_info()
        order = self._order()
        if self._pad and len(order):
            order = np.resize(order, math.ceil(len(order) / world) * world)
        return iter([EpochIndex(self._epoch, index) for index in order[rank::world].tolist()])

    def _order(self) -> np.ndarray:
        """Return the indices of all items of the epoch."""
        order = np.arange(len(self._dataset))
        if self._shuffle:
            np.random.default_rng((self._seed, self._epoch)).shuffle(order)
        return order

    def __len__(self) -> int:
        rank, world = get_dist_info()
        count = len(self._dataset)
        return math.ceil(count / world) if self._pad else len(range(rank, count, world))


class WeightedItems(Protocol):
    """A data set that says how often each of its items should be seen."""

    @property
    def item_weights(self) -> np.ndarray:
        """(N,) float64 of sum 1."""
        ...


class WeightedSampler(EpochSampler):
    """Draw items with replacement, as often as their data set wants them to be seen.

    The seed and the epoch alone decide what is drawn; see ``EpochSampler``.

    Args:
        dataset: the items, which have ``item_weights``.
        num_items: items in an epoch, over all processes.
        seed: of what is drawn; 0 if None.
    """

    def __init__(self, dataset: WeightedItems, num_items: int, *, seed: int | None = None) -> None:
        super().__init__(range(num_items), seed=seed)
        self._weights = dataset.item_weights

    def _order(self) -> np.ndarray:
        rng = np.random.default_rng((self._seed, self._epoch))
        return rng.choice(len(self._weights), len(self._dataset), p=self._weights)
