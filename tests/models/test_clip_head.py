"""ClipHead: pooling by hand, order of the maps."""

import pytest
import torch
from torch import nn

from stad.models.heads.clip_head import ClipHead


def identity_head(in_channels, **options):
    head = ClipHead(in_channels, in_channels, **options).eval()
    nn.init.eye_(head.fc_cls.weight)
    nn.init.zeros_(head.fc_cls.bias)
    return head


def test_maps_are_averaged_and_concatenated_in_order():
    slow = torch.tensor([1.0, 3.0]).reshape(1, 1, 2, 1, 1)
    fast = torch.tensor([10.0, 20.0, 30.0, 40.0]).reshape(1, 1, 4, 1, 1)
    assert identity_head(2)((slow, fast)).tolist() == [[2.0, 25.0]]
    assert identity_head(2, last_map_first=True)((slow, fast)).tolist() == [[25.0, 2.0]]


@pytest.mark.parametrize(
    ("frames", "pooled"),
    [
        ([1.0, 2.0, 6.0], 2.75),  # pairs 1.5 and 4
        ([1.0, 2.0], 1.5),
        ([5.0], 5.0),  # shorter than the window
    ],
)
def test_sliding_window_over_time(frames, pooled):
    clip = torch.tensor(frames).reshape(1, 1, -1, 1, 1)
    assert identity_head(1, pool_window=(2, 7, 7))((clip,)).tolist() == [[pooled]]


def test_sliding_window_over_a_larger_map():
    row = torch.arange(8.0).reshape(1, 1, 1, 1, 8)  # windows of 7: means 3 and 4
    assert identity_head(1, pool_window=(2, 7, 7))((row,)).tolist() == [[3.5]]
