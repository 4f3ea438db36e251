"""SlowFast: which frames the slow pathway sees, sizes, the options of the laterals."""

import pytest
import torch
from torch import nn

from stad.models.backbones.slowfast import SlowFast, slow_frame_indices


@pytest.mark.parametrize(
    ("num_frames", "alpha", "sampling", "indices"),
    [
        (32, 8, "strided", [0, 8, 16, 24]),
        (32, 4, "strided", [0, 4, 8, 12, 16, 20, 24, 28]),
        # 31 / 7 = 4.43 apart, rounded down, the last frame included
        (32, 4, "linspace", [0, 4, 8, 13, 17, 22, 26, 31]),
        (32, 8, "linspace", [0, 10, 20, 31]),
        (8, 8, "linspace", [0]),
    ],
)
def test_slow_frames(num_frames, alpha, sampling, indices):
    assert slow_frame_indices(num_frames, alpha, sampling).tolist() == indices


@pytest.mark.parametrize("num_frames", [30, 4])
def test_frames_that_alpha_does_not_divide_are_refused(num_frames):
    with pytest.raises(ValueError, match=f"multiple of 8 frames, got {num_frames}"):
        SlowFast(base_channels=8)(torch.zeros(1, 3, num_frames, 32, 32))


def test_slow_and_fast_maps_have_their_rates_and_widths():
    model = SlowFast(base_channels=16, alpha=4, spatial_strides=(1, 2, 2, 1)).eval()
    slow, fast = model(torch.randn(2, 3, 8, 32, 64))
    assert slow.shape == (2, 512, 2, 2, 4)
    assert fast.shape == (2, 64, 8, 2, 4)


def test_the_slow_stem_sees_the_sampled_frames():
    model = SlowFast(base_channels=8, alpha=4, fast_interval_frames=2).eval()
    seen = {}
    model.slow_path.conv1.register_forward_pre_hook(lambda _, x: seen.update(slow=x[0]))
    model.fast_path.conv1.register_forward_pre_hook(lambda _, x: seen.update(fast=x[0]))
    model(torch.arange(16.0).reshape(1, 1, 16, 1, 1).expand(1, 3, 16, 32, 32))
    assert seen["fast"][0, 0, :, 0, 0].tolist() == [0, 2, 4, 6, 8, 10, 12, 14]
    assert seen["slow"][0, 0, :, 0, 0].tolist() == [0, 8]


def test_the_lateral_carries_fast_features_into_the_slow_pathway():
    model = SlowFast(base_channels=8).eval()
    clips = torch.randn(1, 3, 8, 32, 32)
    other = clips.clone()
    other[:, :, 1:] = 0  # the slow pathway sees frame 0 alone
    assert not torch.equal(model(clips)[0], model(other)[0])
    for i in range(4):
        nn.init.zeros_(model.slow_path.lateral(i).conv.weight)
    assert torch.equal(model(clips)[0], model(other)[0])


@pytest.mark.parametrize("norm", [False, True])
def test_lateral_norm_adds_batch_norm_and_relu(norm):
    lateral = SlowFast(base_channels=8, lateral_norm=norm).slow_path.conv1_lateral
    assert lateral.with_norm is norm
    assert lateral.with_activation is norm


def test_unknown_sampling_is_refused():
    with pytest.raises(ValueError, match="got 'random'"):
        SlowFast(slow_sampling="random")


@pytest.mark.parametrize(
    ("frozen_stages", "laterals"),
    [(-1, []), (0, []), (2, ["conv1_lateral", "layer1_lateral"])],
)
def test_frozen_stages_freeze_the_laterals_that_feed_them(frozen_stages, laterals):
    slow = SlowFast(base_channels=8, frozen_stages=frozen_stages).slow_path
    frozen = [
        name
        for name, module in slow.named_children()
        if name.endswith("lateral") and not module.conv.weight.requires_grad
    ]
    assert frozen == laterals
