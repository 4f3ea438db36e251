"""UMT's and VideoMAE's files: their names, their networks, their scores."""

import re

import numpy as np
import pytest
import torch

import stad
from stad import zoo
from stad.errors import InputError
from stad.registry import MODELS
from stad.zoo.checkpoint import read_checkpoint
from stad.zoo.mapping import map_available
from stad.zoo.mismatch import describe
from tests.golden import golden, reference_state

CHANNELS = 12
# stad's layer -> a block of mmaction2 and of the authors.
PARTS = {
    "attentions.0.norm": ("norm1", "norm1"),
    "attentions.0.attn.in_proj_": ("attn.qkv.", "attn.qkv."),
    "attentions.0.attn.out_proj": ("attn.proj", "attn.proj"),
    "ffns.0.norm": ("norm2", "norm2"),
    "ffns.0.layers.0.0": ("mlp.layers.0.0", "mlp.fc1"),
    "ffns.0.layers.1": ("mlp.layers.1", "mlp.fc2"),
}


def small(*, output="map", positions="stored", num_classes=5):
    """A detector or a recognizer, with weights at random."""
    torch.manual_seed(0)
    backbone = {"embed_dims": CHANNELS, "num_heads": 2, "num_layers": 2, "image_size_px": 32}
    head = {"in_channels": CHANNELS, "num_classes": num_classes}
    whole = output == "mean"
    model = MODELS.build(
        {
            "type": "Recognizer" if whole else "ActionDetector",
            "backbone": {"type": "VideoViT", "output": output, "positions": positions, **backbone},
            "head" if whole else "roi_head": {"type": "ClipHead" if whole else "RoIHead", **head},
            "data_preprocessor": {"type": "ClipPreprocessor", "mean": [0] * 3, "std": [1] * 3},
        }
    ).eval()
    for name, value in model.state_dict().items():
        value.normal_(std=0.3)
        if name.endswith("in_proj_bias"):
            value[CHANNELS : 2 * CHANNELS] = 0
    return model


def published(state, *, authors):
    """The tensors under the names of mmaction2 or of the authors, with biases apart."""
    found = {}
    for name, value in state.items():
        head = r"roi_head\." if name.startswith("roi_head.") else r"head\."
        named = {r"roi_head\.": "roi_head.bbox_head.", r"head\.": "cls_head."}[head]
        name = re.sub(rf"^{head}fc_cls", "head" if authors else f"{named}fc_cls", name)
        if match := re.fullmatch(r"backbone\.layers\.(\d+)\.(.+)", name):
            part = match[2]
            for ours, theirs in PARTS.items():
                part = part.replace(ours, theirs[authors])
            name = f"backbone.blocks.{match[1]}.{part}"
        if authors:
            name = name.removeprefix("backbone.").replace("embed.projection", "embed.proj")
        if name.endswith("qkv.bias"):
            queries, _, values = value.chunk(3)
            prefix = name.removesuffix("qkv.bias")
            found |= {f"{prefix}q_bias": queries, f"{prefix}v_bias": values}
        else:
            found[name] = value
    return found


# A few names out of the owners' own lists: they check the names that the tests make.
OWN = {
    (True, "map"): {"patch_embed.proj.weight", "blocks.1.attn.v_bias", "blocks.0.mlp.fc2.bias"},
    (False, "map"): {"backbone.blocks.1.mlp.layers.0.0.weight", "roi_head.bbox_head.fc_cls.bias"},
    (True, "mean"): {"fc_norm.weight", "head.weight", "blocks.0.attn.qkv.weight"},
    (False, "mean"): {"backbone.fc_norm.bias", "cls_head.fc_cls.weight", "backbone.pos_embed"},
}


@pytest.mark.parametrize("authors", [False, True])
@pytest.mark.parametrize("output", ["map", "mean"])
def test_published_names_give_back_every_tensor(tmp_path, authors, output):
    options = {"output": output, "positions": "sine" if authors else "stored"}
    model = small(**options)
    expected = {name: value.clone() for name, value in model.state_dict().items()}
    state = published(expected, authors=authors)
    assert set(state) >= OWN[authors, output]
    # Authors' files hold the weights under 'model', or under 'module' with DeepSpeed.
    torch.save({"module" if authors else "state_dict": state}, tmp_path / "a.pth")
    again = small(**options)
    for value in again.state_dict().values():
        value.zero_()
    zoo.load_weights(again, tmp_path / "a.pth")
    for name, value in again.state_dict().items():
        assert torch.equal(value, expected[name]), name


def test_a_background_row_of_mmaction2_is_dropped(tmp_path):
    model = small()
    state = published(model.state_dict(), authors=False)
    for name in ("weight", "bias"):
        full = f"roi_head.bbox_head.fc_cls.{name}"
        state[full] = torch.cat((torch.full_like(state[full][:1], 9.0), state[full]))
    torch.save({"state_dict": state}, tmp_path / "a.pth")
    again = small()
    zoo.load_weights(again, tmp_path / "a.pth")
    assert torch.equal(again.roi_head.fc_cls.weight, model.roi_head.fc_cls.weight)


def test_a_detector_starts_from_a_recognizer_and_from_pre_training():
    recognizer, detector = small(output="mean"), small(num_classes=3)
    for authors in (False, True):
        state = published(recognizer.state_dict(), authors=authors)
        found, left_over = map_available(state, detector.state_dict())
        # The norm of a mean is not that of tokens, and the classes are others.
        missing = set(detector.state_dict()) - set(found)
        assert missing == {"backbone.norm.weight", "backbone.norm.bias"} | {
            "roi_head.fc_cls.weight",
            "roi_head.fc_cls.bias",
        }
        assert len(left_over) == 4
    state = {
        f"encoder.{name}": value
        for name, value in published(recognizer.state_dict(), authors=True).items()
    }
    found, _ = map_available({**state, "decoder.head.weight": torch.ones(3)}, detector.state_dict())
    assert torch.equal(
        found["backbone.layers.1.ffns.0.layers.1.weight"],
        recognizer.backbone.layers[1].ffns[0].layers[1].weight,
    )


def test_what_does_not_fit_says_what_the_file_is(tmp_path):
    state = published(small(positions="sine").state_dict(), authors=True)
    assert describe(state) == "it looks like a checkpoint of UMT's or VideoMAE's authors"
    torch.save(state, tmp_path / "a.pth")
    with pytest.raises(InputError, match=r"UMT's or VideoMAE's.*1 missing: backbone\.pos_embed"):
        zoo.load_weights(small(), tmp_path / "a.pth")


def test_the_file_of_authors_gives_no_warning_of_another_normalisation(tmp_path, caplog):
    torch.save(
        {"model": published(small(positions="sine").state_dict(), authors=True)}, tmp_path / "a.pth"
    )
    zoo.load_weights(small(positions="sine"), tmp_path / "a.pth")
    assert "normalise" not in caplog.text


def saved(folder, reference, key):
    """The numbers of a reference model, and a file with its weights."""
    numbers = golden(reference)
    torch.save({key: reference_state(numbers)}, folder / "a.pth")
    return numbers, folder / "a.pth"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "reference", "frames", "key"),
    [
        ("umt_vit_b16_ava22", "umt_vit_b16_ava", 8, "module"),
        ("videomae_vit_b16_avakinetics", "videomae_vit_b16_ava", 16, "state_dict"),
    ],
)
@torch.inference_mode()
def test_a_published_detector_gives_the_reference_logits(tmp_path, name, reference, frames, key):
    numbers, path = saved(tmp_path, reference, key)
    model = stad.zoo.load(name, weights=path)
    clips = torch.randn(1, 3, frames, 96, 128, generator=torch.Generator().manual_seed(0))
    # UMT's logits are of boxes that are enlarged; the model does this itself.
    (logits,) = model.score_actors(clips, [torch.from_numpy(numbers["boxes"])])
    np.testing.assert_allclose(logits.numpy(), numbers["logits"][:, -80:], atol=1e-5)
    np.testing.assert_allclose(logits.numpy(), numbers["logits64"][:, -80:], atol=1e-5)
    if "map_corner" in numbers:
        (maps,) = model.backbone(clips)
        np.testing.assert_allclose(maps[0, :6, 0, :2, :2], numbers["map_corner"], atol=1e-5)
    assert read_checkpoint(path).keys() == set(numbers["keys"].tolist())


@pytest.mark.slow
@torch.inference_mode()
def test_a_published_recognizer_gives_the_reference_logits(tmp_path):
    numbers, path = saved(tmp_path, "videomae_vit_b16_k400", "state_dict")
    model = stad.zoo.load("videomae_vit_b16_k400", weights=path)
    clips = torch.randn(1, 3, 16, 224, 224, generator=torch.Generator().manual_seed(0))
    np.testing.assert_allclose(model.score_clips(clips), numbers["logits"], atol=1e-5)
