"""The order of items: by seed and epoch alone, and shared out among processes."""

import numpy as np
import pytest

from stad.datasets import epoch_sampler
from stad.datasets.epoch_sampler import EpochIndex, EpochSampler, WeightedSampler


def indices(monkeypatch, rank, world, **options):
    monkeypatch.setattr(epoch_sampler, "get_dist_info", lambda: (rank, world))
    one = EpochSampler(range(7), **options)
    found = list(one)
    assert len(found) == len(one)
    return [item.index for item in found]


def test_an_epoch_has_all_items_in_an_order_of_its_own():
    one, again = EpochSampler(range(50), seed=1), EpochSampler(range(50), seed=1)
    first = list(one)
    one.set_epoch(3)
    again.set_epoch(3)
    assert sorted(first) == [EpochIndex(0, index) for index in range(50)]
    assert [item.index for item in one] != [item.index for item in first]
    assert list(one) == list(again)
    assert next(iter(again)).epoch == 3


def test_processes_share_the_items_of_each_step(monkeypatch):
    alone = indices(monkeypatch, 0, 1, seed=5)
    shared = [indices(monkeypatch, rank, 2, seed=5) for rank in range(2)]
    assert [len(one) for one in shared] == [4, 4]
    # Batches of 1 each step make the batches of 2 of one process; the first item is repeated.
    merged = [index for pair in zip(*shared, strict=True) for index in pair]
    assert merged == [*alone, alone[0]]


@pytest.mark.parametrize("world", [1, 2, 3, 10])
def test_evaluation_repeats_nothing(monkeypatch, world):
    options = {"shuffle": False, "pad": False}
    parts = [indices(monkeypatch, rank, world, **options) for rank in range(world)]
    assert sorted(index for part in parts for index in part) == list(range(7))


class Weighted:
    item_weights = np.array([0.0, 0.5, 0.25, 0.25])


def test_items_are_drawn_as_often_as_they_weigh():
    sampler = WeightedSampler(Weighted(), 4000, seed=3)
    assert len(sampler) == 4000
    drawn = [one.index for one in sampler]
    counts = np.bincount(drawn, minlength=4)
    # Three standard deviations of a draw of 4000.
    np.testing.assert_allclose(counts, [0, 2000, 1000, 1000], atol=95)
    assert counts[0] == 0
    assert [one.index for one in sampler] == drawn
    sampler.set_epoch(1)
    other = list(sampler)
    assert {one.epoch for one in other} == {1}
    assert [one.index for one in other] != drawn
