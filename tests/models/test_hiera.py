"""Hiera: the reference's scores, windows, maps of any size, gradients."""

import numpy as np
import pytest
import torch

from stad import zoo
from stad.errors import InputError
from stad.models.backbones.hiera import Hiera, join_windows, pool_places, split_windows
from stad.registry import MODELS
from stad.zoo.mapping import map_keys
from tests.golden import golden, reference_state
from tests.networks import check_in_runtimes
from tests.zoo.names import shapes_of


def small(**options):
    torch.manual_seed(0)
    network = Hiera(8, depths=(1, 2, 1, 1), num_frames=4, image_size_px=64, **options).eval()
    for value in network.parameters():
        torch.nn.init.normal_(value, std=0.3)
    return network


def test_windows_and_pooled_places_by_hand():
    x = torch.arange(2 * 3 * 8 * 4.0).reshape(2, 3, 8, 4, 1)
    windows = split_windows(x, 4)
    assert windows.shape == (12, 1, 4, 4, 1)
    # The second window is the lower half of the first frame.
    assert torch.equal(windows[1, 0], x[0, 0, 4:])
    assert torch.equal(join_windows(windows, (3, 8, 4)), x)
    assert pool_places(x)[0, 0, :, :, 0].tolist() == [[5, 7], [13, 15], [21, 23], [29, 31]]


@pytest.mark.parametrize(
    ("shape", "size"),
    [((4, 64, 64), (2, 2, 2)), ((8, 65, 130), (4, 3, 5)), ((2, 32, 32), (1, 1, 1))],
)
@torch.inference_mode()
def test_maps_of_any_size(shape, size):
    (maps,) = small(output="map")(torch.randn(2, 3, *shape))
    assert maps.shape == (2, 64, *size)
    (mean,) = small()(torch.randn(2, 3, *shape))
    assert mean.shape == (2, 64, 1, 1, 1)


@torch.inference_mode()
def test_the_first_stages_see_their_window_only():
    model = small(output="map")
    seen = {}
    for index in (2, 3):
        model.blocks[index].register_forward_hook(
            lambda _, __, out, index=index: seen.update({index: out})
        )
    clips = torch.randn(1, 3, 4, 64, 128)
    changed = clips.clone()
    changed[..., 112:] += 5
    before = {index: one.clone() for index, one in seen.items()} if model(clips) else {}
    model(changed)
    # The last block of the second stage, stride 8: windows of 4 places, 32 pixels.
    unequal = (seen[2] != before[2]).any(dim=-1).flatten(0, 2).any(dim=0)
    assert unequal.tolist() == [False] * 12 + [True] * 4


@torch.inference_mode()
def test_positions_are_added_place_by_frame():
    model = small()
    torch.nn.init.zeros_(model.patch_embed["proj"].weight)
    torch.nn.init.zeros_(model.patch_embed["proj"].bias)
    x = model._embed(torch.zeros(1, 3, 4, 64, 64))
    places = model.pos_embed_spatial.unflatten(1, (16, 16))
    expected = places[0, 3, 7] + model.pos_embed_temporal[0, 1]
    torch.testing.assert_close(x[0, 1, 3, 7], expected)


def test_checkpointing_gives_the_same_gradients():
    clips, gradients = torch.randn(1, 3, 4, 32, 32), []
    for with_checkpoint in (False, True):
        model = small(with_checkpoint=with_checkpoint, output="map")
        model(clips)[0].square().mean().backward()
        gradients.append(model.patch_embed["proj"].weight.grad)
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("output", ["mean", "map"])
def test_other_runtimes_give_the_same_maps(output, tmp_path):
    clips = [torch.randn(count, 3, 4, 40, 72) for count in (1, 2)]
    check_in_runtimes(small(output=output), clips, tmp_path / "a.onnx")


def test_an_unknown_output():
    with pytest.raises(ValueError, match=r"output must be one of .* got 'class_token'"):
        Hiera(output="class_token")


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("b", 51), ("bplus", 69), ("l", 213), ("h", 672)],
)
def test_networks_are_as_large_as_published(name, parameters):
    shapes = shapes_of(f"hiera_{name}_kinetics.py")
    # The classifier for Kinetics-400 is counted.
    millions = sum(shape.numel() for shape in shapes.values()) / 1e6
    assert round(millions) == parameters


def test_the_authors_names_are_mapped_and_told():
    numbers = golden("hiera_b_16x224_k400")
    target = shapes_of("hiera_b_kinetics.py")
    state = {k: v.new_zeros(1).expand(v.shape) for k, v in reference_state(numbers).items()}
    assert map_keys(state, target).keys() == target.keys()
    with pytest.raises(InputError, match="it looks like a checkpoint of Hiera's authors"):
        map_keys(state, shapes_of("mvit_v2_s_kinetics.py"))


@pytest.mark.slow
@torch.inference_mode()
def test_hiera_gives_the_reference_scores(tmp_path):
    numbers = golden("hiera_b_16x224_k400")
    torch.save({"epoch": 1, "model_state": reference_state(numbers)}, tmp_path / "hiera.pth")
    model = zoo.load("hiera_b_16x224_k400", weights=tmp_path / "hiera.pth")
    seen = {}
    model.backbone.blocks[-1].register_forward_hook(lambda _, __, out: seen.update(map=out))
    clips = torch.randn(1, 3, 16, 224, 224, generator=torch.Generator().manual_seed(0))
    logits = model.score_clips(clips)
    np.testing.assert_allclose(logits, numbers["logits64"], atol=1e-4)
    np.testing.assert_allclose(model.probabilities(logits), numbers["output"], atol=1e-6)
    corner = seen["map"][0, 0, :2, :2, :6]
    np.testing.assert_allclose(corner, numbers["map4_corner"], atol=1e-4)


@torch.inference_mode()
def test_a_detector_scores_the_same_places_whatever_is_padded():
    config = {
        "type": "ActionDetector",
        "backbone": {"type": "Hiera", "embed_dims": 8, "depths": (1, 1, 1, 1), "output": "map"},
        "roi_head": {
            **{"type": "RoIHead", "in_channels": 64, "num_classes": 3},
            **{"feature_stride": 32, "roi_size": 7},
        },
        "data_preprocessor": {"type": "ClipPreprocessor", "mean": [0] * 3, "std": [1] * 3},
    }
    torch.manual_seed(0)
    model = MODELS.build(config).eval()
    clips = torch.randn(1, 3, 4, 64, 70)
    boxes = [torch.tensor([[4.0, 4.0, 50.0, 60.0]])]
    padded = torch.nn.functional.pad(clips, (0, 26))
    (found,), (expected,) = (model.score_actors(one, boxes) for one in (clips, padded))
    torch.testing.assert_close(found, expected)
