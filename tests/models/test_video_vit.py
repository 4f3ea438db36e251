"""VideoViT: against torch's own encoder, positions of any size, borders, what training changes.

Parity with the published networks is tested through the loader, in tests/zoo/test_vit_names.py.
"""

import math

import pytest
import torch
from torch import nn

from stad.models.backbones.embeddings import resize_clip_embedding, sine_embedding
from stad.models.backbones.video_vit import VideoViT

CHANNELS = 24
TINY = {
    "num_frames": 4,
    "image_size_px": 48,
    "embed_dims": CHANNELS,
    "num_heads": 3,
    "num_layers": 2,
}
# From stad's layers to torch's.
NAMES = {
    "attentions.0.attn.": "self_attn.",
    "attentions.0.norm.": "norm1.",
    "ffns.0.norm.": "norm2.",
    "ffns.0.layers.0.0.": "linear1.",
    "ffns.0.layers.1.": "linear2.",
}


def tiny(**options):
    """A network with all its weights at random: no bias is left at zero."""
    torch.manual_seed(0)
    model = VideoViT(**{**TINY, **options}).eval()
    for weight in model.parameters():
        nn.init.normal_(weight, std=0.3)
    return model


def encoded(model, tokens):
    """Tokens (N, L, C) after torch's encoder with the weights of the network's layers."""
    layer = nn.TransformerEncoderLayer(
        CHANNELS, 3, 4 * CHANNELS, 0, "gelu", 1e-6, batch_first=True, norm_first=True
    )
    encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).eval()
    state = {}
    for name, value in model.layers.state_dict().items():
        for ours, theirs in NAMES.items():
            name = name.replace(ours, theirs)
        state[f"layers.{name}"] = value
    encoder.load_state_dict(state)
    return encoder(tokens)


def plain_tokens(model, clips, tubelet):
    """(N, t * h * w, C) tokens without positions, computed plainly: by time, row, column."""
    patches = clips.unfold(2, tubelet, tubelet).unfold(3, 16, 16).unfold(4, 16, 16)
    patches = patches.permute(0, 2, 3, 4, 1, 5, 6, 7).flatten(4).flatten(1, 3)
    projection = model.patch_embed["projection"]
    return patches @ projection.weight.flatten(1).T + projection.bias


@pytest.mark.parametrize("tubelet", [1, 2])
@torch.inference_mode()
def test_joint_attention_is_torchs_encoder_over_all_tubelets(tubelet):
    clips = torch.randn(2, 3, 4, 48, 48)
    times = 4 // tubelet
    model = tiny(tubelet_frames=tubelet)
    table = sine_embedding(times * 9, CHANNELS)
    seen = encoded(model, plain_tokens(model, clips, tubelet) + table)
    (maps,) = model(clips)
    expected = model.norm(seen).reshape(2, times, 3, 3, CHANNELS).permute(0, 4, 1, 2, 3)
    torch.testing.assert_close(maps, expected, atol=1e-5, rtol=0)
    # The mean comes before the norm.
    model = tiny(tubelet_frames=tubelet, output="mean")
    (mean,) = model(clips)
    assert mean.shape == (2, CHANNELS, 1, 1, 1)
    expected = model.fc_norm(seen.mean(dim=1))
    torch.testing.assert_close(mean.flatten(1), expected, atol=1e-5, rtol=0)


def test_positions_are_sines_and_cosines_of_falling_frequency():
    table = sine_embedding(50, 6)[0]
    for position, channel in ((0, 0), (0, 1), (7, 2), (49, 5)):
        angle = position / 10000 ** (2 * (channel // 2) / 6)
        expected = math.cos(angle) if channel % 2 else math.sin(angle)
        assert table[position, channel].item() == pytest.approx(expected, abs=1e-7)


def test_stored_positions_are_in_checkpoints_and_fixed_ones_are_not():
    stored, fixed = tiny(), tiny(positions="sine")
    assert set(stored.state_dict()) - set(fixed.state_dict()) == {"pos_embed"}
    assert torch.equal(stored.pos_embed, fixed.pos_embed)
    # Neither is trained.
    assert "pos_embed" not in dict(stored.named_parameters())
    clips, changed = torch.randn(1, 3, 4, 48, 48), tiny()
    changed.pos_embed.normal_()
    with torch.inference_mode():
        assert torch.equal(stored(clips)[0], fixed(clips)[0])
        assert not torch.allclose(changed(clips)[0], fixed(clips)[0], atol=0.1)


def test_positions_between_and_beyond():
    # Two times of 3x3 places: rows in the first channel, time in the second.
    rows = torch.arange(3.0).repeat_interleave(3).repeat(2)
    times = torch.arange(2.0).repeat_interleave(9)
    table = torch.stack((rows, times), dim=1)[None]
    assert resize_clip_embedding(table, (2, 3, 3), num_frames=2) is table
    resized = resize_clip_embedding(table, (4, 6, 2), num_frames=2)
    assert resized.shape == (1, 48, 2)
    grid = resized[0].reshape(4, 6, 2, 2)
    # Rows stay rows and times stay times.
    torch.testing.assert_close(grid[..., 0], grid[:1, :, :1, 0].expand(4, 6, 2))
    assert (grid[0, :, 0, 0].diff() > 0).all()
    expected = torch.tensor([0.0, 0.25, 0.75, 1.0])[:, None, None].expand(4, 6, 2)
    torch.testing.assert_close(grid[..., 1], expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize(("frames", "height", "width"), [(2, 48, 48), (6, 32, 80), (9, 70, 49)])
@torch.inference_mode()
def test_any_number_of_frames_of_any_size(frames, height, width):
    clips = torch.randn(2, 3, frames, height, width)
    (maps,) = tiny()(clips)
    assert maps.shape == (2, CHANNELS, frames // 2, height // 16, width // 16)
    (padded,) = tiny(border="pad")(clips)
    assert padded.shape == (2, CHANNELS, frames // 2, -(-height // 16), -(-width // 16))
    assert padded.isfinite().all()
    apart = torch.cat([tiny()(one[None])[0] for one in clips])
    torch.testing.assert_close(maps, apart, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_borders_are_cut_or_completed_with_zeros():
    clips = torch.randn(1, 3, 4, 40, 50)
    torch.testing.assert_close(tiny()(clips)[0], tiny()(clips[..., :32, :48])[0])
    whole = torch.zeros(1, 3, 4, 48, 64)
    whole[..., :40, :50] = clips
    padding = tiny(border="pad")
    torch.testing.assert_close(padding(clips)[0], padding(whole)[0])


@torch.inference_mode()
def test_convolutions_before_it_leave_as_many_tokens():
    model = tiny(tubelet_frames=4, stem_channels=(6, 8))
    assert model.patch_embed["projection"].kernel_size == (1, 4, 4)
    assert model(torch.randn(2, 3, 8, 48, 64))[0].shape == (2, CHANNELS, 2, 3, 4)
    # Sides that are not whole multiples are completed.
    assert model(torch.randn(1, 3, 9, 48, 50))[0].isfinite().all()
    assert model.depth_of("stem.1.0.weight") == 0
    with pytest.raises(ValueError, match=r"need tubelets of a multiple of 4 frames .* \(2, 16, 16"):
        tiny(stem_channels=(6, 8))


def test_checkpointing_gives_the_same_gradients():
    clips, gradients = torch.randn(1, 3, 2, 32, 32), []
    for with_checkpoint in (False, True):
        model = tiny(with_checkpoint=with_checkpoint).train()
        model(clips)[0].square().mean().backward()
        gradients.append([one.grad for one in model.parameters()])
    torch.testing.assert_close(*gradients)


def test_branches_are_left_out_in_training_only():
    model, clips = tiny(drop_path=0.9), torch.randn(1, 3, 2, 32, 32)
    with torch.inference_mode():
        assert torch.equal(model(clips)[0], model(clips)[0])
        model.train()
        drawn = {tuple(model(clips)[0].flatten().tolist()) for _ in range(20)}
    assert len(drawn) > 1


def test_depths_ascend_from_the_patches_to_the_norm():
    model = tiny()
    depths = {name: model.depth_of(name) for name in model.state_dict()}
    assert depths["patch_embed.projection.weight"] == depths["pos_embed"] == 0
    assert depths["layers.0.ffns.0.norm.bias"] == 1
    assert depths["layers.1.attentions.0.attn.in_proj_weight"] == 2
    assert depths["norm.weight"] == 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"positions": "learnt"}, "positions must be one of"),
        ({"output": "class_token"}, "output must be one of"),
        ({"border": "crop"}, "border must be one of"),
        ({"image_size_px": 50}, "a multiple of the patch size 16, got 50"),
    ],
)
def test_options_that_cannot_be(options, said):
    with pytest.raises(ValueError, match=said):
        VideoViT(**options)


@pytest.mark.parametrize("shape", [(1, 48, 48), (4, 15, 48)])
def test_a_clip_smaller_than_a_tubelet_is_refused(shape):
    with pytest.raises(ValueError, match=r"at least \(2, 16, 16\) frames, rows and columns"):
        tiny()(torch.randn(1, 3, *shape))
