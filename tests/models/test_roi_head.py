"""RoIHead: hand-made maps with known answers, empty clips, context, ACRN."""

import pytest
import torch
import torch.nn.functional as F

from stad.models.heads.acrn import ACRN
from stad.models.heads.roi_head import RoIHead, pool_time

# One channel, one frame, 4x4 cells: value 4 * row + column.
TABLE = torch.arange(16.0).reshape(1, 1, 1, 4, 4)
WHOLE = torch.tensor([[0.0, 0.0, 4.0, 4.0]])


def head(in_channels=1, num_classes=2, **options):
    options = {"feature_stride": 1, "roi_size": 2} | options
    return RoIHead(in_channels, num_classes, **options).eval()


@pytest.mark.parametrize(
    ("options", "box", "pooled"),
    [
        # the four bins of the whole map average to 2.5, 4.5, 10.5, 12.5
        ({"spatial_pool": "max"}, [0, 0, 4, 4], 12.5),
        ({"spatial_pool": "avg"}, [0, 0, 4, 4], 7.5),
        # the upper left quarter: its bins are the cells 0, 1, 4, 5
        ({"spatial_pool": "max"}, [0, 0, 2, 2], 5.0),
        ({"spatial_pool": "avg"}, [0, 0, 2, 2], 2.5),
        # half a cell further down and right: the last bin averages rows and columns 2.5 and 3
        ({"spatial_pool": "max", "aligned": False}, [0, 0, 4, 4], 13.75),
        # boxes in pixels, eight to a cell
        ({"spatial_pool": "max", "feature_stride": 8}, [0, 0, 16, 16], 5.0),
    ],
)
def test_region_of_a_table(options, box, pooled):
    size_px = (4 * options.get("feature_stride", 1),) * 2
    out = head(**options).pool_actors((TABLE,), [torch.tensor([box]).float()], size_px)
    assert out.tolist() == [[pooled]]


def test_boxes_are_enlarged_at_test_and_end_at_the_last_pixel():
    model = head(enlarge=(0.5, 1.0), spatial_pool="avg", aligned=False)
    # 2 pixels wide and high, both ends included: half a pixel and one are added on each side.
    box = torch.tensor([[1.0, 1.0, 2.0, 2.0]])
    larger = torch.tensor([[0.5, 0.0, 2.5, 3.0]])
    plain = head(spatial_pool="avg", aligned=False)
    expected = plain.pool_actors((TABLE,), [larger], (4, 4))
    assert torch.equal(model.pool_actors((TABLE,), [box], (4, 4)), expected)
    # The whole map ends at its last pixel, 3.
    edge = plain.pool_actors((TABLE,), [torch.tensor([[0.0, 0.0, 3.0, 3.0]])], (4, 4))
    assert torch.equal(model.pool_actors((TABLE,), [WHOLE], (4, 4)), edge)
    # Training jitters boxes by itself, if at all.
    model.train().dropout.p = 0
    expected = plain.pool_actors((TABLE,), [box], (4, 4))
    assert torch.equal(model.pool_actors((TABLE,), [box], (4, 4)), expected)


def test_time_is_pooled_by_mean_or_maximum():
    clip = torch.cat((TABLE, 3 * TABLE), dim=2)
    for mode, factor in (("avg", 2.0), ("max", 3.0)):
        out = head(temporal_pool=mode).pool_actors((clip,), [WHOLE], (4, 4))
        assert out.tolist() == [[12.5 * factor]]


@pytest.mark.parametrize("mode", ["avg", "max"])
def test_pooling_each_rate_equals_repeating_the_slow_frames_first(mode):
    slow, fast = torch.randn(2, 4, 2, 3, 5), torch.randn(2, 3, 8, 3, 5)
    both = torch.cat((F.interpolate(slow, (8, 3, 5)), fast), dim=1)
    expected = both.mean(dim=2) if mode == "avg" else both.amax(dim=2)
    torch.testing.assert_close(pool_time((slow, fast), mode), expected)


def test_maps_of_another_size_are_brought_to_the_first():
    slow, fast = torch.zeros(1, 1, 1, 4, 4), TABLE[..., ::2, ::2]
    out = pool_time((slow, fast), "avg")
    assert out[0, 1, 0].tolist() == [0.0, 0.0, 2.0, 2.0]


def test_each_actor_sees_its_own_clip():
    maps = torch.cat((TABLE, 10 * TABLE, 100 * TABLE))
    boxes = [WHOLE, torch.zeros(0, 4), torch.tensor([[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 4.0, 4.0]])]
    assert head().pool_actors((maps,), boxes, (4, 4)).flatten().tolist() == [12.5, 500.0, 1250.0]
    logits = head()((maps,), boxes, (4, 4))
    assert [tuple(one.shape) for one in logits] == [(1, 2), (0, 2), (2, 2)]


def test_no_people_anywhere_give_empty_logits():
    logits = head()((torch.cat((TABLE, TABLE)),), [torch.zeros(0, 4)] * 2, (4, 4))
    assert [tuple(one.shape) for one in logits] == [(0, 2), (0, 2)]


def test_boxes_are_cut_to_the_clip_and_never_give_nan():
    boxes = torch.tensor([[-10.0, -10.0, 50.0, 50.0], [20.0, 20.0, 30.0, 30.0]])
    out = head().pool_actors((TABLE,), [boxes], (4, 4))
    assert out[0].tolist() == [12.5]
    assert out.isfinite().all()


def test_context_appends_the_whole_clip():
    maps = torch.cat((TABLE, 10 * TABLE))
    boxes = [torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[0.0, 0.0, 2.0, 2.0]])]
    model = head(context=True)
    assert model.fc_cls.in_features == 2
    assert model.pool_actors((maps,), boxes, (4, 4)).tolist() == [[5.0, 12.5], [50.0, 125.0]]


def test_mlp_has_a_hidden_layer():
    model = head(in_channels=3, num_classes=7, mlp=True)
    assert [tuple(p.shape) for p in model.fc_cls.parameters()] == [(3, 3), (3,), (7, 3), (7,)]


def test_bfloat16_maps_give_float32_logits():
    model = head().bfloat16()
    (logits,) = model((TABLE.bfloat16(),), [WHOLE], (4, 4))
    assert logits.dtype == torch.float32
    expected = 12.5 * model.fc_cls.weight[:, 0].float() + model.fc_cls.bias.float()
    torch.testing.assert_close(logits[0], expected, atol=0.1, rtol=0.02)


def test_acrn_compares_the_actor_with_every_place():
    acrn = ACRN(in_channels=2, out_channels=1).eval()
    with torch.no_grad():
        acrn.conv1.conv.weight.copy_(torch.tensor([100.0, 1.0]).reshape(1, 2, 1, 1, 1))
        acrn.conv2.conv.weight.zero_()[..., 1, 1] = 1.0
        for conv in (acrn.conv1, acrn.conv2):
            conv.bn.running_var.fill_(1 - conv.bn.eps)
    scene = TABLE[:, :, 0]
    actor = torch.tensor([[1.0, 3.0], [2.0, 0.0]]).reshape(1, 1, 2, 2)
    torch.testing.assert_close(acrn(actor, scene), 300 + scene)


def test_acrn_in_the_head_has_the_published_names():
    model = head(shared_head={"type": ACRN, "in_channels": 2, "out_channels": 4, "num_convs": 3})
    weights = {k: tuple(v.shape) for k, v in model.state_dict().items() if "conv.weight" in k}
    assert weights == {
        "shared_head.conv1.conv.weight": (4, 2, 1, 1, 1),
        "shared_head.conv2.conv.weight": (4, 4, 1, 3, 3),
        "shared_head.convs.0.conv.weight": (4, 4, 1, 3, 3),
        "shared_head.convs.1.conv.weight": (4, 4, 1, 3, 3),
    }
    assert model.fc_cls.in_features == 4
    assert model((TABLE,), [WHOLE.repeat(3, 1)], (4, 4))[0].shape == (3, 2)


@pytest.mark.parametrize("name", ["temporal_pool", "spatial_pool"])
def test_unknown_pools_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} must be one of"):
        head(**{name: "median"})
