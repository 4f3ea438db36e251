"""TSN and TSM: what moves between frames and what does not, freezing, checkpointing."""

import pytest
import torch

from stad.models.backbones.frame_resnet import FrameResNet, shift_frames


def tiny(**options):
    torch.manual_seed(0)
    return FrameResNet(depth=options.pop("depth", 18), base_channels=8, **options).eval()


def numbered_frames(num_clips, num_frames, channels):
    """(N * T, C, 1, 1): clip * 100 + frame * 10 + channel."""
    clip, frame, channel = torch.meshgrid(
        torch.arange(num_clips), torch.arange(num_frames), torch.arange(channels), indexing="ij"
    )
    values = clip * 100 + frame * 10 + channel
    return values.flatten(0, 1)[:, :, None, None].float()


def test_a_bidirectional_shift_by_hand():
    # Two clips of three frames and four channels, a fourth shifted each way.
    shifted = shift_frames(numbered_frames(2, 3, 4), 3, shift_div=4, bidirectional=True)
    assert shifted.flatten(1).tolist() == [
        [10, 0, 2, 3],
        [20, 1, 12, 13],
        [0, 11, 22, 23],
        [110, 0, 102, 103],
        [120, 101, 112, 113],
        [0, 111, 122, 123],
    ]


def test_a_shift_from_the_past_by_hand():
    shifted = shift_frames(numbered_frames(2, 3, 4), 3, shift_div=2, bidirectional=False)
    assert shifted.flatten(1).tolist() == [
        [0, 0, 2, 3],
        [0, 1, 12, 13],
        [10, 11, 22, 23],
        [0, 0, 102, 103],
        [100, 101, 112, 113],
        [110, 111, 122, 123],
    ]


@pytest.mark.parametrize("bidirectional", [True, False])
def test_a_frame_alone_gets_zeros(bidirectional):
    x = numbered_frames(2, 1, 8) + 1
    shifted = shift_frames(x, 1, shift_div=4, bidirectional=bidirectional)
    folds = 4 if bidirectional else 2
    assert (shifted[:, :folds] == 0).all()
    assert torch.equal(shifted[:, folds:], x[:, folds:])


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({}, (2, 64, 3, 2, 4)),
        ({"depth": 50}, (2, 256, 3, 2, 4)),
        ({"depth": 50, "shift_div": 8, "spatial_strides": (1, 2, 2, 1)}, (2, 256, 3, 4, 8)),
        ({"spatial_strides": (1, 2, 2, 1), "dilations": (1, 1, 1, 2)}, (2, 64, 3, 4, 8)),
    ],
)
@torch.inference_mode()
def test_time_is_kept_and_space_strided(options, shape):
    (out,) = tiny(**options)(torch.randn(2, 3, 3, 64, 128))
    assert out.shape == shape


def changed_frames(model):
    """Which frames of the map change when the third of five frames does."""
    clips = torch.randn(1, 3, 5, 32, 32)
    other = clips.clone()
    other[:, :, 2] += 1
    with torch.inference_mode():
        difference = (model(clips)[0] - model(other)[0]).abs().amax(dim=(0, 1, 3, 4))
    return (difference > 0).tolist()


def test_who_sees_whom():
    # Eight blocks pass a change on by up to eight frames.
    assert changed_frames(tiny()) == [False, False, True, False, False]
    assert changed_frames(tiny(shift_div=8)) == [True] * 5
    past = tiny(shift_div=8, bidirectional=False)
    assert changed_frames(past) == [False, False, True, True, True]


@torch.inference_mode()
def test_clips_of_a_batch_are_apart():
    model = tiny(shift_div=4)
    clips = torch.randn(3, 3, 4, 32, 32)
    together = model(clips)[0]
    apart = torch.cat([model(one[None])[0] for one in clips])
    torch.testing.assert_close(together, apart, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_reversed_frames_give_tsn_the_same_mean_and_tsm_another():
    clips = torch.randn(1, 3, 4, 32, 32)
    for options, same in (({}, True), ({"shift_div": 8}, False)):
        model = tiny(**options)
        means = [model(one)[0].mean(dim=2) for one in (clips, clips.flip(2))]
        assert torch.allclose(*means, atol=1e-6) is same


def test_weights_of_tsn_serve_tsm():
    assert tiny().state_dict().keys() == tiny(shift_div=8).state_dict().keys()


def test_deep_networks_shift_in_every_other_block():
    with torch.device("meta"):
        model = FrameResNet(depth=101, shift_div=8)
    by_stage = [model.is_shifted[:3], model.is_shifted[3:7], model.is_shifted[7:30]]
    assert [sum(stage) for stage in by_stage] == [2, 2, 12]
    assert model.is_shifted[:4] == (True, False, True, True)
    assert all(tiny(shift_div=8).is_shifted)
    assert not any(tiny().is_shifted)


@torch.inference_mode()
def test_non_local_blocks_start_as_nothing_and_then_see_all_frames():
    places = {"non_local_blocks": ((), (1,), (0, 1), ())}
    model, plain = tiny(**places), tiny()
    missing, unexpected = model.load_state_dict(plain.state_dict(), strict=False)
    prefixes = {name.split(".non_local_block")[0] for name in missing}
    assert prefixes == {"layer2.1", "layer3.0", "layer3.1"}
    assert unexpected == []
    clips = torch.randn(1, 3, 5, 32, 32)
    torch.testing.assert_close(model(clips)[0], plain(clips)[0])
    for name, module in model.named_modules():
        if name.endswith("non_local_block"):
            torch.nn.init.ones_(module.conv_out.bn.weight)
    assert changed_frames(model) == [True] * 5


def test_frozen_stages_keep_weights_and_statistics():
    model = tiny(frozen_stages=1, shift_div=8).train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    model(torch.randn(2, 3, 2, 32, 32))[0].sum().backward()
    changed = {
        key.split(".")[0]
        for key, value in model.state_dict().items()
        if key.endswith("running_mean") and not torch.equal(value, before[key])
    }
    trained = {key.split(".")[0] for key, value in model.named_parameters() if value.requires_grad}
    assert changed == trained == {"layer2", "layer3", "layer4"}


def test_checkpointing_gives_the_same_gradients():
    clips = torch.randn(1, 3, 2, 32, 32)
    gradients = []
    for with_checkpoint in (False, True):
        model = tiny(shift_div=8, with_checkpoint=with_checkpoint, norm_eval=True).train()
        model(clips)[0].square().mean().backward()
        gradients.append(model.conv1.conv.weight.grad)
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"depth": 42}, "depth 18, 34, 50, 101, 152, got 42"),
        ({"shift_div": 1}, "shift_div must be 2 or more, or None for no shift, got 1"),
        ({"non_local_mode": "sum"}, "non_local_mode must be one of"),
    ],
)
def test_options_that_cannot_be(options, said):
    with pytest.raises(ValueError, match=said):
        FrameResNet(**options)
