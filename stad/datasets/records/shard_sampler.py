"""Order the records of shards: shuffled, but in an order that suits disks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Protocol

import numpy as np
from mmengine.dist import get_dist_info

from stad.datasets.epoch_sampler import EpochIndex, EpochSampler


class ShardedItems(Protocol):
    """A data set of shards."""

    @property
    def shard_starts(self) -> np.ndarray:
        """The first item of each shard, and the number of all: (S + 1,) int64."""
        ...

    def __len__(self) -> int: ...


class ShardSampler(EpochSampler):
    """Sample each record once per pass: shards in random order, records shuffled over a few shards.

    Only the files of one group of shards are read at a time, so that a disk or a network file
    system reads what lies together. The seed and the pass alone decide the order, and processes
    share it as in ``EpochSampler``.

    A pass over millions of records may take many hours. ``parts`` makes several epochs of it: they
    follow each other in one order, with a checkpoint after each.

    Args:
        dataset: of shards, such as ``RecordDataset``.
        shuffle: whether to shuffle.
        group_shards: shards whose records are shuffled together.
        parts: epochs that make one pass; the last one repeats fewer than ``parts`` records.
        seed: of the order; 0 if None.
        pad: repeat items until all processes get the same number, as training needs.
    """

    def __init__(
        self,
        dataset: ShardedItems,
        shuffle: bool = True,
        *,
        group_shards: int = 16,
        parts: int = 1,
        seed: int | None = None,
        pad: bool = True,
    ) -> None:
        if group_shards < 1 or not 1 <= parts <= max(1, len(dataset)):
            raise ValueError(
                f"expected group_shards of 1 or more and 1 to {len(dataset)} parts, got "
                f"{group_shards} and {parts}"
            )
        super().__init__(dataset, shuffle, seed=seed, pad=pad)
        self._starts, self._group_shards, self._parts = dataset.shard_starts, group_shards, parts

    def _order(self) -> np.ndarray:
        """Return the indices of all records of the epoch."""
        number, part = divmod(self._epoch, self._parts)
        order = self._pass_order(number)
        size = math.ceil(len(order) / self._parts)
        # Parts are equally long, since loops count the steps of one epoch only.
        return np.take(order, np.arange(part * size, (part + 1) * size), mode="wrap")

    def _pass_order(self, number: int) -> np.ndarray:
        starts = self._starts
        if not self._shuffle:
            return np.arange(starts[-1])
        rng = np.random.default_rng((self._seed, number))
        shards = rng.permutation(len(starts) - 1)
        groups = []
        for begin in range(0, len(shards), self._group_shards):
            chosen = shards[begin : begin + self._group_shards]
            group = np.concatenate([np.arange(starts[i], starts[i + 1]) for i in chosen])
            rng.shuffle(group)
            groups.append(group)
        return np.concatenate(groups)

    def __iter__(self) -> Iterator[EpochIndex]:
        # One number at a time: a list of millions of them would take a gigabyte.
        rank, world = get_dist_info()
        order = self._order()
        if self._pad and len(order):
            order = np.resize(order, math.ceil(len(order) / world) * world)
        return (EpochIndex(self._epoch, int(index)) for index in order[rank::world])

    def __len__(self) -> int:
        rank, world = get_dist_info()
        count = math.ceil(int(self._starts[-1]) / self._parts)
        return math.ceil(count / world) if self._pad else len(range(rank, count, world))
