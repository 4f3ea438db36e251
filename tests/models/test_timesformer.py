"""TimeSformer: against torch's own encoder, any number of frames and size, what sees what.

Parity with the published networks is tested through the loader, in tests/zoo/test_loading.py.
"""

import pytest
import torch
from torch import nn

from stad.models.backbones.embeddings import resize_position_embedding, resize_time_embedding
from stad.models.backbones.timesformer import TimeSformer

CHANNELS = 24
TINY = {
    "num_frames": 4,
    "image_size_px": 48,
    "embed_dims": CHANNELS,
    "num_heads": 3,
    "num_layers": 2,
}


def tiny(**options):
    """A network with all its weights at random: no embedding or bias is left at zero."""
    torch.manual_seed(0)
    model = TimeSformer(**{**TINY, **options}).eval()
    for weight in model.parameters():
        nn.init.normal_(weight, std=0.3)
    return model


def encoder_of(model):
    """torch's encoder with the weights of a network that is not divided."""
    layer = nn.TransformerEncoderLayer(
        CHANNELS, 3, 4 * CHANNELS, 0, "gelu", 1e-6, batch_first=True, norm_first=True
    )
    encoder = nn.TransformerEncoder(layer, 2, norm=nn.LayerNorm(CHANNELS, eps=1e-6)).eval()
    names = {
        "attentions.0.attn.": "self_attn.",
        "attentions.0.norm.": "norm1.",
        "ffns.0.norm.": "norm2.",
        "ffns.0.layers.0.0.": "linear1.",
        "ffns.0.layers.1.": "linear2.",
    }
    state = {f"norm.{leaf}": getattr(model.norm, leaf) for leaf in ("weight", "bias")}
    for name, value in model.transformer_layers.state_dict().items():
        for ours, theirs in names.items():
            name = name.replace(ours, theirs)
        state[name] = value
    encoder.load_state_dict(state)
    return encoder


def frame_tokens(model, clips):
    """(N, T, 1 + P, C) tokens of every frame with their places, computed plainly."""
    n, c, t = clips.shape[:3]
    patches = clips.unfold(3, 16, 16).unfold(4, 16, 16).permute(0, 2, 3, 4, 1, 5, 6)
    projection = model.patch_embed["projection"]
    tokens = patches.reshape(n, t, -1, c * 256) @ projection.weight.flatten(1).T + projection.bias
    tokens = torch.cat((model.cls_token.expand(n, t, 1, CHANNELS), tokens), dim=2)
    return tokens + model.pos_embed[:, None]


@torch.inference_mode()
def test_joint_attention_is_torchs_encoder_over_all_tokens():
    model, clips = tiny(attention="joint"), torch.randn(2, 3, 4, 48, 48)
    frames = frame_tokens(model, clips)
    patches = frames[:, :, 1:] + model.time_embed[:, :, None]
    seen = encoder_of(model)(torch.cat((frames[:, 0, :1], patches.flatten(1, 2)), dim=1))
    (out,) = model(clips)
    assert out.shape == (2, CHANNELS, 1, 1, 1)
    torch.testing.assert_close(out.flatten(1), seen[:, 0], atol=1e-5, rtol=0)
    (maps,) = tiny(attention="joint", output="map")(clips)
    assert maps.shape == (2, CHANNELS, 4, 3, 3)
    expected = seen[:, 1:].reshape(2, 4, 3, 3, CHANNELS).permute(0, 4, 1, 2, 3)
    torch.testing.assert_close(maps, expected, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_space_only_attention_is_torchs_encoder_over_each_frame():
    model, clips = tiny(attention="space_only"), torch.randn(2, 3, 4, 48, 48)
    encoder = encoder_of(model)
    last, encoder.norm = encoder.norm, None
    seen = encoder(frame_tokens(model, clips).flatten(0, 1)).reshape(2, 4, 10, CHANNELS)
    # The class tokens of the frames are averaged before the last norm.
    torch.testing.assert_close(
        model(clips)[0].flatten(1), last(seen[:, :, 0].mean(dim=1)), atol=1e-5, rtol=0
    )
    (maps,) = tiny(attention="space_only", output="map")(clips)
    expected = last(seen[:, :, 1:]).reshape(2, 4, 3, 3, CHANNELS).permute(0, 4, 1, 2, 3)
    torch.testing.assert_close(maps, expected, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_of_one_frame_divided_attention_is_space_with_a_step_for_time():
    """Without the step, divided attention over one frame is that of space."""
    divided, space = tiny(), tiny(attention="space_only")
    state = {}
    for name, value in divided.state_dict().items():
        if ".temporal_fc." in name or name == "time_embed":
            value.zero_()
        elif ".attentions.0." not in name:
            state[name.replace("attentions.1.", "attentions.0.")] = value
    space.load_state_dict(state)
    clip = torch.randn(2, 3, 1, 48, 48)
    torch.testing.assert_close(divided(clip)[0], space(clip)[0], atol=1e-5, rtol=0)


def changed_places(model):
    """(T, 3, 3) whether a place of the map changes when one patch of the second frame does."""
    clips = torch.randn(1, 3, 4, 48, 48)
    other = clips.clone()
    other[:, :, 1, 16:32, 16:32] += 1
    with torch.inference_mode():
        difference = (model(clips)[0] - model(other)[0]).abs().amax(dim=1)[0]
    return difference > 1e-6


def test_who_sees_whom():
    everything = torch.ones(4, 3, 3, dtype=torch.bool)
    frame = torch.zeros(4, 3, 3, dtype=torch.bool)
    frame[1] = True
    assert torch.equal(changed_places(tiny(attention="joint", output="map")), everything)
    assert torch.equal(changed_places(tiny(attention="space_only", output="map")), frame)
    # One layer: the place at all times, and everything in the frames that then hold it.
    assert torch.equal(changed_places(tiny(num_layers=1, output="map")), everything)
    model = tiny(num_layers=1, output="map")
    nn.init.zeros_(model.transformer_layers["layers"][0].attentions[1].attn.out_proj.weight)
    only_time = changed_places(model)
    expected = torch.zeros(4, 3, 3, dtype=torch.bool)
    expected[:, 1, 1] = True
    assert torch.equal(only_time, expected)


@torch.inference_mode()
def test_time_attention_starts_as_nothing():
    torch.manual_seed(0)
    model = TimeSformer(**TINY, output="map").eval()
    for layer in model.transformer_layers["layers"]:
        assert (layer.attentions[0].temporal_fc.weight == 0).all()
        assert (layer.attentions[0].temporal_fc.bias == 0).all()
    attention = model.transformer_layers["layers"][0].attentions[0]
    assert (attention(torch.randn(2, 1 + 4 * 9, CHANNELS), 4) == 0).all()


@pytest.mark.parametrize("attention", ["divided", "joint", "space_only"])
@pytest.mark.parametrize(("frames", "height", "width"), [(1, 48, 48), (6, 32, 80), (9, 70, 49)])
@torch.inference_mode()
def test_any_number_of_frames_of_any_size(attention, frames, height, width):
    clips = torch.randn(2, 3, frames, height, width)
    (maps,) = tiny(attention=attention, output="map")(clips)
    assert maps.shape == (2, CHANNELS, frames, height // 16, width // 16)
    (token,) = tiny(attention=attention)(clips)
    assert token.shape == (2, CHANNELS, 1, 1, 1)
    assert token.isfinite().all()
    apart = torch.cat([tiny(attention=attention)(one[None])[0] for one in clips])
    torch.testing.assert_close(token, apart, atol=1e-5, rtol=0)


def test_a_clip_smaller_than_a_patch_is_refused():
    with pytest.raises(ValueError, match="at least 16 pixels a side"):
        tiny()(torch.randn(1, 3, 4, 48, 15))


@pytest.mark.parametrize("attention", ["divided", "joint", "space_only"])
def test_checkpointing_gives_the_same_gradients(attention):
    clips, gradients = torch.randn(1, 3, 2, 32, 32), []
    for with_checkpoint in (False, True):
        model = tiny(attention=attention, with_checkpoint=with_checkpoint, drop_path=0).train()
        model(clips)[0].square().mean().backward()
        gradients.append([one.grad for one in model.parameters() if one.grad is not None])
        assert model.pos_embed.grad.abs().sum() > 0
    torch.testing.assert_close(*gradients)


def test_branches_are_left_out_in_training_only():
    model, clips = tiny(drop_path=0.9), torch.randn(1, 3, 2, 32, 32)
    with torch.inference_mode():
        assert torch.equal(model(clips)[0], model(clips)[0])
        model.train()
        drawn = {tuple(model(clips)[0].flatten().tolist()) for _ in range(20)}
    assert len(drawn) > 1


def test_embeddings_between_and_beyond():
    times = torch.tensor([[[0.0, 8.0], [1.0, 4.0], [2.0, 0.0]]])
    assert resize_time_embedding(times, 3) is times
    # Six frames where there were three: each old one lies between two new ones.
    expected = torch.tensor([0.0, 0.25, 0.75, 1.25, 1.75, 2.0])
    resized = resize_time_embedding(times, 6)[0]
    torch.testing.assert_close(resized[:, 0], expected)
    torch.testing.assert_close(resized[:, 1], 8 - 4 * expected)
    places = torch.cat((torch.full((1, 1, 2), 7.0), torch.full((1, 9, 2), 3.0)), dim=1)
    assert resize_position_embedding(places, (3, 3)) is places
    resized = resize_position_embedding(places, (2, 5))
    assert resized.shape == (1, 11, 2)
    assert (resized[0, 0] == 7).all()
    torch.testing.assert_close(resized[0, 1:], torch.full((10, 2), 3.0))
    # Rows stay rows: what grows downwards still does.
    rows = torch.arange(3.0).repeat_interleave(3)[None, :, None]
    grid = resize_position_embedding(torch.cat((rows[:, :1], rows), dim=1), (6, 2))[0, 1:, 0]
    grid = grid.reshape(6, 2)
    torch.testing.assert_close(grid[:, 0], grid[:, 1])
    assert (grid[:, 0].diff() > 0).all()
    with pytest.raises(ValueError, match="square grid and a class token, got 12"):
        resize_position_embedding(torch.zeros(1, 12, 2), (3, 3))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"attention": "time"}, "attention must be one of"),
        ({"output": "cls"}, "output must be one of"),
        ({"image_size_px": 50}, "a multiple of the patch size 16, got 50"),
    ],
)
def test_options_that_cannot_be(options, said):
    with pytest.raises(ValueError, match=said):
        TimeSformer(**options)
