"""ClipHead: pooling by hand, order of the maps."""

import math

import pytest
import torch
import torch.nn.functional as F
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


def pyslowfast_head(maps, weight, bias, *, sigmoid):
    """ResNetBasicHead of PySlowFast in evaluation: windows of training's size, scored, averaged."""
    pooled = [F.avg_pool3d(x, (x.shape[2], 7, 7), stride=1) for x in maps]
    places = F.linear(torch.cat(pooled, dim=1).permute(0, 2, 3, 4, 1), weight, bias)
    return (places.sigmoid() if sigmoid else places.softmax(dim=4)).mean(dim=(1, 2, 3))


@pytest.mark.parametrize("multilabel", [False, True])
@pytest.mark.parametrize("size", [(7, 7), (8, 8), (8, 11), (9, 7)])
@torch.inference_mode()
def test_scores_of_a_sliding_window_are_averaged_as_pyslowfast_does(size, multilabel):
    torch.manual_seed(0)
    options = {"pool_window": (None, 7, 7), "average": "scores", "multilabel": multilabel}
    head = ClipHead(12, 5, **options).eval()
    nn.init.normal_(head.fc_cls.weight, std=3)
    maps = (4 * torch.randn(2, 8, 4, *size), 4 * torch.randn(2, 4, 16, *size))
    logits = head(maps)
    scores = logits.sigmoid() if multilabel else logits.softmax(dim=1)
    weight, bias = head.fc_cls.weight, head.fc_cls.bias
    expected = pyslowfast_head(maps, weight, bias, sigmoid=multilabel)
    torch.testing.assert_close(scores, expected, atol=1e-6, rtol=1e-5)
    # Neither what the mean of the logits nor what the mean of the map gives, but of one place.
    others = ClipHead(12, 5, pool_window=(None, 7, 7)), ClipHead(12, 5)
    for other in others:
        other.load_state_dict(head.state_dict())
        plain = other.eval()(maps)
        plain = plain.sigmoid() if multilabel else plain.softmax(dim=1)
        assert torch.allclose(plain, expected, atol=1e-4) == (size == (7, 7))


def test_two_places_by_hand():
    head = identity_head(2, pool_window=(None, 1, 1), average="scores")
    # Softmax of (0, 0) and of (log 3, 0): 0.5 and 0.75 for the first class.
    maps = torch.tensor([[0.0, math.log(3)], [0.0, 0.0]]).reshape(1, 2, 1, 1, 2)
    torch.testing.assert_close(head((maps,)).softmax(dim=1), torch.tensor([[0.625, 0.375]]))


def test_scores_that_are_surely_0_or_1_stay_finite():
    head = identity_head(2, pool_window=(None, 1, 1), average="scores", multilabel=True)
    maps = torch.tensor([[90.0, 80.0], [-90.0, -200.0]]).reshape(1, 2, 1, 1, 2)
    assert head((maps,)).isfinite().all()


def test_a_map_smaller_than_the_window_is_one_place():
    head = identity_head(1, pool_window=(None, 7, 7), average="scores")
    assert head((torch.arange(8.0).reshape(1, 1, 2, 2, 2),)).tolist() == [[3.5]]


def test_what_can_be_averaged():
    with pytest.raises(ValueError, match="average must be one of"):
        ClipHead(1, 1, average="maps")
