"""Convolutions with gaps: the same numbers without them, and none left in any network."""

import copy
import random

import pytest
import torch
from mmcv.cnn import ConvModule
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch.utils._python_dispatch import TorchDispatchMode

from stad.models.backbones.laterals import make_lateral
from stad.models.fast_inference import prepare_for_inference
from stad.models.gap_convs import GapConv3d, close_gaps, gather_windows, has_gap
from stad.registry import MODELS
from tests.models.configs import LEAVES, read_config

CLASSES = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
CONVOLUTION = torch.ops.aten.convolution.default


class GapWatch(TorchDispatchMode):
    """Notes the convolutions that torch is asked for whose windows leave gaps."""

    def __init__(self):
        super().__init__()
        self.num_convs, self.gaps = 0, []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func is CONVOLUTION:
            weight, stride, dilation = args[1], args[3], args[5]
            self.num_convs += 1
            spans = [d * (k - 1) + 1 for k, d in zip(weight.shape[2:], dilation, strict=True)]
            if any(step > span for step, span in zip(stride, spans, strict=True)):
                self.gaps.append((tuple(weight.shape), tuple(stride)))
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        # Frames 0 to 8 are numbered from 1: 0 is a zero of the padding.
        ({"span": 2, "stride": 4, "padding": 1}, [0, 1, 4, 5, 8, 9]),
        ({"span": 3, "stride": 3, "padding": 0}, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ({"span": 5, "stride": 8, "padding": 2}, [0, 0, 1, 2, 3, 7, 8, 9, 0, 0]),
        ({"span": 1, "stride": 4, "padding": 0}, [1, 5, 9]),
        ({"span": 1, "stride": 2, "padding": 1}, [0, 2, 4, 6, 8, 0]),
        ({"span": 2, "stride": 6, "padding": 4}, [0, 0, 3, 4, 9, 0]),
    ],
)
def test_windows_one_after_the_other(options, expected):
    x = torch.arange(1.0, 10).reshape(1, 9, 1).expand(2, 9, 3)
    gathered = gather_windows(x, -2, **options)
    assert gathered[1, :, 2].tolist() == expected


def random_conv(rng):
    """A convolution with at least one gap, and a size that it takes."""
    while True:
        dims, groups = rng.choice([1, 2, 3]), rng.choice([1, 1, 2, 3])
        kernel = [rng.choice([1, 1, 2, 3, 5]) for _ in range(dims)]
        conv = CLASSES[dims - 1](
            2 * groups,
            3 * groups,
            kernel,
            stride=[rng.choice([1, 2, 3, 4, 8]) for _ in range(dims)],
            padding=[rng.randint(0, size + 1) for size in kernel],
            dilation=[rng.choice([1, 1, 1, 2]) for _ in range(dims)],
            groups=groups,
            bias=rng.random() < 0.5,
            padding_mode=rng.choice(["zeros", "zeros", "circular"]),
        )
        spans = [d * (k - 1) + 1 for k, d in zip(conv.kernel_size, conv.dilation, strict=True)]
        if has_gap(conv):
            # A circle is not wound around twice.
            return conv, [
                max(span, pad) + rng.randint(0, 19)
                for span, pad in zip(spans, conv.padding, strict=True)
            ]


def gradients(conv, x):
    """The output, and the gradients of a sum of squares with regard to input and weight."""
    out = conv(x)
    return out, *torch.autograd.grad(out.square().sum(), (x, conv.weight))


@pytest.mark.parametrize("seed", range(40))
def test_the_numbers_and_the_gradients_stay(seed):
    rng = random.Random(seed)
    torch.manual_seed(seed)
    for _ in range(5):
        conv, size = random_conv(rng)
        lead = rng.choice([(), (1,), (2,)])
        x = torch.randn(*lead, conv.in_channels, *size, requires_grad=True)
        keys, expected = list(conv.state_dict()), gradients(conv, x)
        close_gaps(conv)
        with GapWatch() as watch:
            found = gradients(conv, x)
        assert (watch.num_convs, watch.gaps) == (1, []), conv
        assert list(conv.state_dict()) == keys
        for one, other in zip(found, expected, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(found[0], expected[0], rtol=0, atol=2e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize(
    ("channels", "kernel", "alpha", "shape"),
    [
        # The one that oneDNN corrupts memory in, at its own size.
        (128, 5, 8, (32, 16, 22)),
        (8, 5, 8, (32, 64, 86)),
        (64, 5, 8, (31, 8, 9)),
        (32, 3, 4, (13, 8, 9)),
        (16, 7, 8, (5, 8, 9)),
    ],
)
@torch.no_grad()
def test_laterals_equal_the_plain_convolution(channels, kernel, alpha, shape, dtype, channels_last):
    torch.manual_seed(0)
    layout = torch.channels_last_3d if channels_last else torch.contiguous_format
    lateral = make_lateral(
        "time_strided_conv", channels, alpha=alpha, sampling="", kernel=kernel, norm=False
    )
    lateral = lateral.to(dtype).to(memory_format=layout)
    assert list(lateral.state_dict()) == ["conv.weight"]
    x = torch.randn(1, channels, *shape).to(dtype).contiguous(memory_format=layout)
    # Not in bfloat16: this is what kills the process on some CPUs.
    plain = nn.Conv3d.forward(lateral.conv.float(), x.float())
    lateral.to(dtype)
    with GapWatch() as watch:
        found = lateral(x)
    assert (watch.num_convs, watch.gaps) == (1, [])
    if dtype == torch.float32:
        assert torch.equal(found, plain)
        assert found.stride() == plain.stride()
    else:
        assert found.is_contiguous(memory_format=layout)
        assert (found.float() - plain).norm() / plain.norm() < 4e-3


def test_folded_batch_norm_keeps_the_form():
    torch.manual_seed(0)
    lateral = make_lateral("time_strided_conv", 4, alpha=8, sampling="", kernel=5, norm=True).eval()
    lateral.bn.running_mean.uniform_(-1, 1)
    folded = fuse_conv_bn_eval(lateral.conv, lateral.bn)
    assert isinstance(folded, GapConv3d)
    x = torch.randn(1, 4, 16, 3, 3)
    torch.testing.assert_close(folded(x), lateral.bn(lateral.conv(x)), rtol=1e-5, atol=1e-6)


class Standardised(nn.Conv2d):
    """A convolution that does something of its own with its weight."""

    def forward(self, x):
        return self._conv_forward(x, self.weight - self.weight.mean(), self.bias)


def test_what_computes_something_else_stays():
    own, plain = Standardised(2, 2, 1, stride=2), nn.Conv2d(2, 2, 3, stride=2)
    network = nn.Sequential(own, plain, ConvModule(2, 2, 1, stride=2, conv_cfg={"type": "Conv2d"}))
    x = torch.randn(1, 2, 16, 16)
    expected = copy.deepcopy(network)(x)
    close_gaps(network)
    assert [type(own), type(plain)] == [Standardised, nn.Conv2d]
    torch.testing.assert_close(network(x), expected)


@pytest.mark.parametrize("name", LEAVES)
@torch.no_grad()
def test_no_network_has_a_gap(name):
    config = read_config(name)
    data = config.val_dataloader.dataset
    size_px = data.get("crop_px") or data.short_side_px
    with torch.device("meta"):
        model = MODELS.build(config.model).eval()
        clips = torch.empty(
            *(1, model.data_preprocessor.num_channels, data.window.num_frames, size_px, size_px)
        )
    assert not [one for one in model.modules() if has_gap(one) and type(one) in CLASSES]
    if next(model.backbone.parameters(), None) is None:
        pytest.skip(f"{name} is computed by another library")
    with GapWatch() as watch:
        model.backbone(clips)
    assert watch.gaps == []
    assert watch.num_convs > 0


@torch.no_grad()
def test_a_backbone_of_another_project_has_none_once_it_is_prepared():
    config = read_config("tsn_kinetics").model
    model = MODELS.build(config)
    model.backbone = nn.Sequential(nn.Conv3d(3, 4, (1, 3, 3), stride=(2, 2, 2)), nn.ReLU())
    x = torch.randn(1, 3, 7, 16, 16)
    expected = model.backbone(x)
    prepare_for_inference(model.eval(), torch.float32)
    with GapWatch() as watch:
        torch.testing.assert_close(model.backbone(x), expected)
    assert (watch.num_convs, watch.gaps) == (1, [])
