"""The files of TimeSformer's and TSM's authors: their names, their networks, their scores."""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from stad import zoo
from stad.errors import InputError
from stad.registry import MODELS
from stad.zoo.mapping import map_available, map_keys
from stad.zoo.mismatch import describe
from tests.golden import golden, reference_state
from tests.zoo.names import numbered, shapes_of

TIMESFORMER = {
    "attentions.0.norm": ("temporal_norm1", "norm1"),
    "attentions.0.attn.in_proj_": ("temporal_attn.qkv.", "attn.qkv."),
    "attentions.0.attn.out_proj": ("temporal_attn.proj", "attn.proj"),
    "attentions.0.temporal_fc": ("temporal_fc", None),
    "attentions.1.norm": ("norm1", None),
    "attentions.1.attn.in_proj_": ("attn.qkv.", None),
    "attentions.1.attn.out_proj": ("attn.proj", None),
    "ffns.0.norm": ("norm2", "norm2"),
    "ffns.0.layers.0.0": ("mlp.fc1", "mlp.fc1"),
    "ffns.0.layers.1": ("mlp.fc2", "mlp.fc2"),
}


def timesformer(name, *, divided=True, prefix="model."):
    """'backbone.cls_token' -> 'model.cls_token', as facebookresearch/TimeSformer names it."""
    name = re.sub(r"^(roi_)?head\.fc_cls", "head", name.removeprefix("backbone."))
    name = name.replace("patch_embed.projection", "patch_embed.proj")
    if match := re.fullmatch(r"transformer_layers\.layers\.(\d+)\.(.+)", name):
        number, module = match.groups()
        for ours, theirs in TIMESFORMER.items():
            if module.startswith(ours):
                module = module.replace(ours, theirs[0 if divided else 1])
                break
        name = f"blocks.{number}.{module}"
    return prefix + name


def tsm(name, *, shifted=True):
    """'backbone.layer1.0.conv1.conv.weight' -> as mit-han-lab/temporal-shift-module names it."""
    name = name.removeprefix("backbone.")
    if name.startswith("head.fc_cls."):
        return name.replace("head.fc_cls", "module.new_fc")
    name = re.sub(r"^(layer\d\.\d+\.)?conv(\d)\.conv\.", r"\1conv\2.", name)
    name = re.sub(r"^(layer\d\.\d+\.)?conv(\d)\.bn\.", r"\1bn\2.", name)
    name = re.sub(r"downsample\.conv\.", "downsample.0.", name)
    name = re.sub(r"downsample\.bn\.", "downsample.1.", name)
    if shifted:
        name = re.sub(r"(layer\d\.\d+\.conv1)\.", r"\1.net.", name)
    return f"module.base_model.{name}"


# Pairs out of the authors' code: they check the names that the other tests make.
@pytest.mark.parametrize(
    ("make", "ours", "theirs"),
    [
        (timesformer, "backbone.pos_embed", "model.pos_embed"),
        (
            timesformer,
            "backbone.transformer_layers.layers.3.attentions.0.attn.in_proj_weight",
            "model.blocks.3.temporal_attn.qkv.weight",
        ),
        (
            timesformer,
            "backbone.transformer_layers.layers.3.attentions.1.attn.out_proj.bias",
            "model.blocks.3.attn.proj.bias",
        ),
        (timesformer, "head.fc_cls.weight", "model.head.weight"),
        (tsm, "backbone.conv1.bn.weight", "module.base_model.bn1.weight"),
        (
            tsm,
            "backbone.layer1.0.conv1.conv.weight",
            "module.base_model.layer1.0.conv1.net.weight",
        ),
        (
            tsm,
            "backbone.layer4.0.downsample.bn.running_var",
            "module.base_model.layer4.0.downsample.1.running_var",
        ),
        (tsm, "head.fc_cls.bias", "module.new_fc.bias"),
    ],
)
def test_names_as_the_authors_have_them(make, ours, theirs):
    assert make(ours) == theirs


def values(state):
    return {name: value.flatten()[0].item() for name, value in state.items()}


@pytest.mark.parametrize(
    ("config", "divided"),
    [
        ("timesformer_kinetics.py", True),
        ("timesformer_joint_kinetics.py", False),
        ("timesformer_spaceonly_kinetics.py", False),
        ("timesformer_authors_kinetics.py", True),
    ],
)
@pytest.mark.parametrize("prefix", ["model.", "", "module.model."])
def test_every_tensor_of_timesformer_arrives(config, divided, prefix):
    shapes = shapes_of(config)
    state = numbered(shapes, lambda name: timesformer(name, divided=divided, prefix=prefix))
    assert values(map_keys(state, shapes)) == values(numbered(shapes))
    assert "TimeSformer's authors" in describe(state) or prefix.startswith("module.")


def test_timesformer_starts_a_detector_and_embeddings_are_interpolated():
    recognizer, detector = shapes_of("timesformer_kinetics.py"), shapes_of("timesformer_ava.py")
    state = numbered(recognizer, timesformer)
    state["model.pos_embed"] = torch.ones(1, 785, 768)  # 448 pixels
    state["model.time_embed"] = torch.ones(1, 96, 768)
    found, left_over = map_available(state, detector)
    assert found.keys() == {name for name in detector if name.startswith("backbone.")}
    assert sorted(left_over) == ["model.head.bias", "model.head.weight"]
    assert found["backbone.pos_embed"].shape == (1, 197, 768)
    assert found["backbone.time_embed"].shape == (1, 8, 768)
    torch.testing.assert_close(found["backbone.pos_embed"], torch.ones(1, 197, 768))


def test_another_attention_is_refused():
    divided, joint = (
        shapes_of("timesformer_kinetics.py"),
        shapes_of("timesformer_joint_kinetics.py"),
    )
    with pytest.raises(InputError, match="left over: model"):
        map_keys(numbered(divided, timesformer), joint)
    state = numbered(joint, lambda name: timesformer(name, divided=False))
    with pytest.raises(InputError, match="missing"):
        map_keys(state, divided)


@pytest.mark.slow
def test_timesformer_gives_its_authors_logits(tmp_path):
    numbers = golden("timesformer_own_divst_k400")
    torch.save({"model_state": reference_state(numbers)}, tmp_path / "TimeSformer.pyth")
    model = zoo.load("timesformer_divst_8x32_k400", weights=tmp_path / "TimeSformer.pyth").double()
    clips = torch.randn(1, 3, 8, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        logits = model.score_clips(clips.double())
    np.testing.assert_allclose(logits.numpy(), numbers["logits64"], atol=1e-5)


class AuthorsAttention(nn.Module):
    """Joint attention, written plainly after the paper: rows of qkv are q, k, v, head by head."""

    def __init__(self, state, name, heads):
        super().__init__()
        self.qkv, self.proj = (
            (state[f"{name}.{one}.weight"], state[f"{name}.{one}.bias"]) for one in ("qkv", "proj")
        )
        self.heads = heads

    def forward(self, x):
        channels = x.shape[2]
        q, k, v = F.linear(x, *self.qkv).split(channels, dim=2)
        size = channels // self.heads
        seen = []
        for h in range(self.heads):
            mine = slice(h * size, (h + 1) * size)
            scores = q[..., mine] @ k[..., mine].transpose(1, 2) / size**0.5
            seen.append(scores.softmax(dim=2) @ v[..., mine])
        return F.linear(torch.cat(seen, dim=2), *self.proj)


@torch.inference_mode()
def test_a_small_timesformer_scores_as_the_authors_code_does(tmp_path):
    config = {
        "type": "Recognizer",
        "backbone": {
            "type": "TimeSformer",
            **{"num_layers": 1, "num_frames": 2, "image_size_px": 32, "attention": "joint"},
            **{"embed_dims": 12, "num_heads": 3},
        },
        "head": {"type": "ClipHead", "in_channels": 12, "num_classes": 4},
        "data_preprocessor": {"type": "ClipPreprocessor", "mean": [0] * 3, "std": [1] * 3},
    }
    model = MODELS.build(config)
    torch.manual_seed(0)
    state = {
        timesformer(name, divided=False): 0.3 * torch.randn(value.shape)
        for name, value in model.state_dict().items()
    }
    torch.save({"model_state": state, "cfg": "DATA:\n  NUM_FRAMES: 2\n"}, tmp_path / "a.pyth")
    zoo.load_weights(model, tmp_path / "a.pyth")
    state = {name.removeprefix("model."): value for name, value in state.items()}

    def norm(x, name):
        return F.layer_norm(x, (12,), state[f"{name}.weight"], state[f"{name}.bias"], 1e-6)

    clip = torch.randn(1, 3, 2, 32, 32)
    frames = clip[0].transpose(0, 1)
    patch = state["patch_embed.proj.weight"], state["patch_embed.proj.bias"]
    tokens = F.conv2d(frames, *patch, stride=16).flatten(2).transpose(1, 2)
    tokens = tokens + state["pos_embed"][:, 1:] + state["time_embed"][0][:, None]
    first = state["cls_token"] + state["pos_embed"][:, :1]
    x = torch.cat((first, tokens.reshape(1, -1, 12)), dim=1)
    x = x + AuthorsAttention(state, "blocks.0.attn", 3)(norm(x, "blocks.0.norm1"))
    hidden = norm(x, "blocks.0.norm2")
    for name in ("fc1", "fc2"):
        layer = state[f"blocks.0.mlp.{name}.weight"], state[f"blocks.0.mlp.{name}.bias"]
        hidden = F.linear(hidden, *layer)
        hidden = F.gelu(hidden) if name == "fc1" else hidden
    expected = F.linear(norm(x + hidden, "norm")[:, 0], state["head.weight"], state["head.bias"])
    torch.testing.assert_close(model.eval().score_clips(clip), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("config", "shifted"), [("tsm_kinetics.py", True), ("tsn_1x1x8_kinetics.py", False)]
)
def test_every_tensor_of_tsm_and_tsn_arrives(config, shifted):
    shapes = shapes_of(config)
    state = numbered(shapes, lambda name: tsm(name, shifted=shifted))
    assert values(map_keys(state, shapes)) == values(numbered(shapes))
    # Trained without dropout, the classifier is the ResNet's own.
    own = {name.replace("new_fc", "base_model.fc"): value for name, value in state.items()}
    assert values(map_keys(own, shapes)) == values(numbered(shapes))


def test_tsm_starts_a_detector():
    state = numbered(shapes_of("tsm_kinetics.py"), tsm)
    detector = shapes_of("tsm_ava.py")
    found, left_over = map_available(state, detector)
    assert found.keys() == {name for name in detector if name.startswith("backbone.")}
    assert left_over == ["new_fc.weight", "new_fc.bias"]


def small_tsm(**options):
    backbone = {"type": "FrameResNet", "depth": 50, "base_channels": 4, "shift_div": 4, **options}
    return MODELS.build(
        {
            "type": "Recognizer",
            "backbone": backbone,
            "head": {"type": "ClipHead", "in_channels": 128, "num_classes": 3},
            "data_preprocessor": {"type": "ClipPreprocessor", "mean": [0] * 3, "std": [1] * 3},
        }
    ).eval()


def authors_non_local(state, x, name):
    """ops/non_local.py in a few lines: x is (N, C, T, H, W)."""

    def conv(x, name):
        return F.conv3d(x, state[f"{name}.weight"], state[f"{name}.bias"])

    def pool(x):
        return F.max_pool3d(x, (1, 2, 2))

    g, phi = (pool(conv(x, f"{name}.{one}.0")).flatten(2) for one in ("g", "phi"))
    theta = conv(x, f"{name}.theta").flatten(2)
    seen = (theta.transpose(1, 2) @ phi).softmax(dim=2) @ g.transpose(1, 2)
    seen = conv(seen.transpose(1, 2).reshape(x.shape[0], -1, *x.shape[2:]), f"{name}.W.0")
    norm = [state[f"{name}.W.1.{one}"] for one in ("running_mean", "running_var", "weight", "bias")]
    return F.batch_norm(seen, *norm) + x


@torch.inference_mode()
def test_the_authors_non_local_blocks_compute_the_same(tmp_path):
    blocks = ((), (0, 2), (), ())
    model = small_tsm(non_local_blocks=blocks)
    torch.manual_seed(1)
    state = {}
    for name, value in model.state_dict().items():
        found = torch.randn(value.shape) * 0.2 if value.is_floating_point() else value.clone()
        found = found.abs() + 0.5 if name.endswith("running_var") else found
        if ".non_local_block." not in name:
            state[tsm(name)] = found
            continue
        name = re.sub(r"\.non_local_block\.", ".nl.", name.removeprefix("backbone."))
        name = name.replace(".conv_out.conv.", ".W.0.").replace(".conv_out.bn.", ".W.1.")
        state["module.base_model." + re.sub(r"\.(g\.0|phi\.0|theta)\.conv\.", r".\1.", name)] = (
            found
        )
    for block in blocks[1]:
        old, new = f"module.base_model.layer2.{block}.", f"module.base_model.layer2.{block}.block."
        state = {
            name if ".nl." in name else name.replace(old, new): value
            for name, value in state.items()
        }
        # Theirs has a bias before its batch norm, mmcv's has none.
        state[f"{old}nl.W.0.bias"] = torch.randn(16 * 4 // 2)
    torch.save({"epoch": 9, "arch": "resnet50", "state_dict": state}, tmp_path / "nl.pth")
    zoo.load_weights(model, tmp_path / "nl.pth")
    x = torch.randn(2, 32, 3, 6, 8)
    expected = authors_non_local(state, x, "module.base_model.layer2.0.nl")
    found = model.backbone.layer2[0].non_local_block(x)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_tsm_of_its_authors_scores_as_the_same_network_of_stad(tmp_path):
    torch.manual_seed(2)
    model, again = small_tsm(), small_tsm()
    torch.save(
        {"state_dict": {tsm(k): v for k, v in model.state_dict().items()}}, tmp_path / "a.pth"
    )
    zoo.load_weights(again, tmp_path / "a.pth")
    clips = torch.randn(1, 3, 4, 64, 64)
    assert torch.equal(again.score_clips(clips), model.score_clips(clips))
