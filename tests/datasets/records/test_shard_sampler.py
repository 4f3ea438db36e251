from __future__ import annotations

import numpy as np
import pytest

from stad.datasets.records import shard_sampler
from stad.datasets.records.shard_sampler import ShardSampler


class Shards:
    """Records of shards, numbered through."""

    def __init__(self, *counts: int) -> None:
        self.shard_starts = np.cumsum((0, *counts))

    def __len__(self) -> int:
        return int(self.shard_starts[-1])


def order(sampler: ShardSampler, epoch: int = 0) -> list[int]:
    sampler.set_epoch(epoch)
    found = list(sampler)
    assert all(one.epoch == epoch for one in found)
    assert len(found) == len(sampler)
    return [one.index for one in found]


@pytest.fixture
def as_process(monkeypatch):
    def use(rank: int, world: int) -> None:
        for module in (shard_sampler, "stad.datasets.epoch_sampler"):
            name = module if isinstance(module, str) else module.__name__
            monkeypatch.setattr(f"{name}.get_dist_info", lambda: (rank, world))

    return use


def test_each_record_comes_once_in_an_order_of_seed_and_epoch_alone():
    shards = Shards(5, 0, 7, 3, 9)
    first, again = (order(ShardSampler(shards, group_shards=2, seed=4), 3) for _ in range(2))
    assert first == again
    assert sorted(first) == list(range(24))
    assert first != order(ShardSampler(shards, group_shards=2, seed=5), 3)
    assert first != order(ShardSampler(shards, group_shards=2, seed=4), 2)
    assert order(ShardSampler(shards, shuffle=False), 3) == list(range(24))


def test_the_shards_of_a_group_are_read_together():
    shards = Shards(*[10] * 12)
    found = np.array(order(ShardSampler(shards, group_shards=3))) // 10
    groups = found.reshape(4, 30)
    assert all(len(set(row)) == 3 for row in groups.tolist())
    # Within a group the records of its shards are mixed.
    assert all((np.diff(row) != 0).sum() > 10 for row in groups)


@pytest.mark.parametrize("parts", [1, 3])
def test_processes_divide_the_order_of_one(as_process, parts):
    shards = Shards(5, 7, 3, 8)
    alone = order(ShardSampler(shards, group_shards=2, parts=parts), 4)
    divided = []
    for rank in range(2):
        as_process(rank, 2)
        divided.append(order(ShardSampler(shards, group_shards=2, parts=parts), 4))
    joined = np.array(divided).T.reshape(-1).tolist()
    assert joined[: len(alone)] == alone
    assert joined[len(alone) :] == alone[: len(joined) - len(alone)]


def test_an_evaluation_gives_each_record_to_one_process(as_process):
    shards = Shards(2, 3)
    found = []
    for rank in range(2):
        as_process(rank, 2)
        found.append(order(ShardSampler(shards, shuffle=False, pad=False)))
    assert found == [[0, 2, 4], [1, 3]]


def test_the_parts_of_a_pass_follow_each_other():
    shards = Shards(5, 7, 8)
    whole = order(ShardSampler(shards, group_shards=2), 1)
    sampler = ShardSampler(shards, group_shards=2, parts=3)
    # The second pass is epochs 3 to 5; parts are equally long.
    parts = [order(sampler, epoch) for epoch in (3, 4, 5)]
    assert [len(one) for one in parts] == [7, 7, 7]
    assert [one for part in parts for one in part][:20] == whole
    assert parts[2][-1] == whole[0]


def test_wrong_numbers():
    with pytest.raises(ValueError, match="1 to 5 parts, got 16 and 6"):
        ShardSampler(Shards(5), parts=6)
