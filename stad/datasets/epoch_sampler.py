"""Order the items of a data set: shuffled in each epoch, distributed over the processes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sized
from typing import NamedTuple

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
        order = np.arange(len(self._dataset))
        if self._shuffle:
            np.random.default_rng((self._seed, self._epoch)).shuffle(order)
        if self._pad and len(order):
            order = np.resize(order, math.ceil(len(order) / world) * world)
        return iter([EpochIndex(self._epoch, index) for index in order[rank::world].tolist()])

    def __len__(self) -> int:
        rank, world = get_dist_info()
        count = len(self._dataset)
        return math.ceil(count / world) if self._pad else len(range(rank, count, world))
