"""SlowFast: which frames the slow pathway sees, sizes, the options of the laterals."""

import pytest
import torch
from torch import nn

from stad.models.backbones.fast_input import FAST_INPUTS
from stad.models.backbones.laterals import LATERALS, slow_frame_indices
from stad.models.backbones.slowfast import SlowFast


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


@pytest.mark.parametrize("lateral", LATERALS)
@pytest.mark.parametrize("depth", [18, 50])
def test_every_lateral_keeps_sizes_and_lets_both_pathways_learn(lateral, depth):
    torch.manual_seed(0)
    model = SlowFast(depth, base_channels=16, alpha=8, beta_inverse=8, lateral=lateral)
    slow, fast = model(torch.randn(2, 3, 16, 32, 48))
    expansion = 4 if depth == 50 else 1
    assert slow.shape == (2, 128 * expansion, 2, 1, 2)
    assert fast.shape == (2, 16 * expansion, 16, 1, 2)
    (slow.sum() + fast.sum()).backward()
    unused = [name for name, one in model.named_parameters() if one.grad is None]
    assert unused == []


@pytest.mark.parametrize("lateral", LATERALS)
def test_the_slow_map_teaches_the_fast_stem_through_laterals_only(lateral):
    torch.manual_seed(0)
    model = SlowFast(18, base_channels=16, lateral=lateral)
    slow, _ = model(torch.randn(2, 3, 16, 32, 32))
    slow.square().sum().backward()
    gradient = model.fast_path.conv1.conv.weight.grad
    assert (gradient is None) == (lateral == "none")
    assert gradient is None or gradient.abs().sum() > 0
    # The last stage feeds the head alone.
    assert model.fast_path.layer4[0].conv1.conv.weight.grad is None


@pytest.mark.parametrize("kind", FAST_INPUTS)
def test_every_fast_input_keeps_sizes_and_both_pathways_learn(kind):
    torch.manual_seed(0)
    model = SlowFast(18, base_channels=16, beta_inverse=4, fast_input=kind)
    clips = torch.randn(2, 5 if kind == "optical_flow" else 3, 16, 64, 96)
    slow, fast = model(clips)
    assert slow.shape == (2, 128, 2, 2, 3)
    assert fast.shape == (2, 32, 16, 2, 3)
    (slow.sum() + fast.sum()).backward()
    for path in (model.fast_path, model.slow_path):
        assert path.conv1.conv.weight.grad.abs().sum() > 0


@pytest.mark.parametrize(("kind", "sees"), [("rgb", True), ("grayscale", False)])
def test_a_weaker_input_hides_colour_from_the_fast_pathway(kind, sees):
    model = SlowFast(18, base_channels=16, lateral="none", fast_input=kind).eval()
    clips = torch.randn(1, 3, 8, 32, 32)
    # Green for red, of the same brightness.
    shift = torch.tensor([0.587, -0.299, 0.0]).reshape(1, 3, 1, 1, 1)
    other = clips + shift
    assert not torch.allclose(model(clips)[0], model(other)[0], atol=1e-4)
    assert torch.allclose(model(clips)[1], model(other)[1], atol=1e-4) is not sees


def test_flow_moves_the_fast_pathway_alone():
    model = SlowFast(18, base_channels=16, lateral="none", fast_input="optical_flow").eval()
    clips = torch.randn(1, 5, 8, 32, 32)
    other = clips.clone()
    other[:, 3:] *= -1
    assert torch.equal(model(clips)[0], model(other)[0])
    assert not torch.allclose(model(clips)[1], model(other)[1], atol=1e-4)


def test_channels_that_beta_does_not_divide_are_rounded_up():
    # 64 / 6 = 10.7
    assert SlowFast(18, beta_inverse=6).fast_path.stage_inputs == [11, 11, 22, 44]


def test_a_sum_needs_maps_of_the_same_channels():
    with pytest.raises(ValueError, match="with alpha 4 it would add maps of 32 and of 64"):
        SlowFast(18, alpha=4, lateral="time_to_channel_sum")
    # 6 times 64 / 6, rounded up.
    with pytest.raises(ValueError, match=r"alpha to divide .* maps of 66 and of 64"):
        SlowFast(18, alpha=6, beta_inverse=6, lateral="time_to_channel_sum")


def test_the_fast_pathway_may_be_shallower():
    both = SlowFast(101, fast_depth=50, base_channels=8)
    assert [len(path.stage(2)) for path in (both.slow_path, both.fast_path)] == [23, 6]
    slow, fast = both.eval()(torch.randn(1, 3, 8, 32, 32))
    assert (slow.shape, fast.shape) == ((1, 256, 1, 1, 1), (1, 32, 8, 1, 1))


@pytest.mark.parametrize("option", ["lateral", "fast_input"])
def test_unknown_kinds_are_refused(option):
    with pytest.raises(ValueError, match=f"{option} must be one of .*, got 'other'"):
        SlowFast(18, **{option: "other"})
