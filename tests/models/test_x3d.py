"""X3D: the owners' scores through their own names, their published sizes, and detectors."""

import numpy as np
import pytest
import torch

from benchmarks.model_cost import count_network
from stad import zoo
from stad.models.backbones.x3d import X3D, SqueezeExcitation, squeezed_width
from stad.registry import MODELS
from tests.golden import golden, reference_state
from tests.models.configs import build_model, read_config
from tests.networks import check_in_runtimes


def small(**options):
    torch.manual_seed(0)
    network = X3D(depths=(1, 2, 1, 1), **options).eval()
    for value in network.parameters():
        torch.nn.init.normal_(value, mean=0.1 if value.ndim == 1 else 0, std=0.3)
    return network


# PyTorchVideo gives scores, mmaction2 logits. The first clip is larger than those of training: its
# map has 2 x 2 windows.
@pytest.mark.parametrize(
    ("name", "config", "is_scores"),
    [
        ("pytorchvideo_x3d_s", "x3d_s_kinetics", True),
        ("mmaction2_x3d_m", "x3d_m_pyslowfast_kinetics", False),
    ],
)
@torch.inference_mode()
def test_the_owners_outputs(name, config, is_scores, tmp_path):
    numbers = golden(name)
    torch.save({"model_state": reference_state(numbers)}, tmp_path / "x3d.pyth")
    model = build_model(config)
    zoo.load_weights(model, tmp_path / "x3d.pyth")
    shape = (1, 3, int(numbers["frames"]), int(numbers["size"]), int(numbers["size"]))
    logits = model.score_clips(torch.randn(shape, generator=torch.Generator().manual_seed(0)))
    found = logits.softmax(dim=1) if is_scores else logits
    np.testing.assert_allclose(found.numpy(), numbers["output"], rtol=1e-4, atol=1e-6)


# Multiply-adds and parameters of facebookresearch/SlowFast, MODEL_ZOO.md, at the size of training.
@pytest.mark.parametrize(
    ("config", "size_px", "gflops", "millions"),
    [
        ("x3d_xs_kinetics", 160, 0.60, 3.8),
        ("x3d_s_kinetics", 160, 1.96, 3.8),
        ("x3d_m_kinetics", 224, 4.73, 3.8),
        ("x3d_l_kinetics", 312, 18.37, 6.2),
    ],
)
def test_the_published_sizes(config, size_px, gflops, millions):
    config = read_config(config)
    frames = config.val_dataloader.dataset.window.num_frames
    with torch.device("meta"):
        model = MODELS.build(config.model).eval()
        clips = torch.empty(1, 3, frames, size_px, size_px)
    assert count_network(model.backbone, clips).gflops == pytest.approx(gflops, abs=0.006)
    total = sum(value.numel() for value in model.parameters())
    assert total / 1e6 == pytest.approx(millions, abs=0.05)


def test_squeezed_channels_are_multiples_of_eight():
    # 27 would round down by more than a tenth.
    assert [squeezed_width(one) for one in (54, 108, 216, 432)] == [8, 8, 16, 32]


@torch.inference_mode()
def test_squeeze_and_excitation_by_hand():
    module = SqueezeExcitation(2)
    for value in module.parameters():
        torch.nn.init.zeros_(value)
    module.fc1.weight[0, 0] = 1
    module.fc2.weight[0, 0] = 1
    x = torch.zeros(1, 2, 1, 1, 2)
    x[0, 0, 0, 0], x[0, 1] = torch.tensor([1.0, 5.0]), 4
    # The mean of the first channel is 3.
    weight = 1 / (1 + np.exp(-3))
    torch.testing.assert_close(module(x)[0, 0, 0, 0], torch.tensor([weight, 5 * weight]).float())
    torch.testing.assert_close(module(x)[0, 1, 0, 0], torch.tensor([2.0, 2.0]))


@pytest.mark.parametrize(
    ("strides", "shape", "size"),
    [
        ((2, 2, 2, 2), (13, 160, 160), (13, 5, 5)),
        ((2, 2, 2, 1), (4, 64, 114), (4, 4, 8)),
        ((2, 2, 2, 2), (1, 33, 64), (1, 2, 2)),
    ],
)
@torch.inference_mode()
def test_maps_of_any_size(strides, shape, size):
    (maps,) = small(spatial_strides=strides)(torch.randn(2, 3, *shape))
    assert maps.shape == (2, 432, *size)


def test_the_first_shortcut_has_batch_norm_in_pyslowfast_only():
    found = [
        {name for name, _ in X3D(norm_first_shortcut=norm).named_parameters()}
        for norm in (True, False)
    ]
    shortcut = "layer1.0.downsample.bn."
    assert found[0] - found[1] == {f"{shortcut}weight", f"{shortcut}bias"}
    assert "layer2.0.downsample.bn.weight" in found[1]


def test_freezing_and_checkpointing():
    network = X3D(depths=(1, 1, 1, 1), frozen_stages=1, with_checkpoint=True).train()
    network(torch.randn(1, 3, 2, 32, 32))[0].mean().backward()
    trained = {
        name.partition(".")[0]
        for name, value in network.named_parameters()
        if value.grad is not None
    }
    assert trained == {"layer2", "layer3", "layer4", "conv5"}
    assert not network.conv1_t.training
    assert network.layer2.training


def test_it_runs_in_the_other_libraries(tmp_path):
    class OneMap(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = small()

        def forward(self, frames):
            clips = frames.unflatten(0, (-1, 2)).transpose(1, 2)
            return (self.network(clips)[0].mean(dim=2),)

    images = torch.randn(2, 3, 64, 64)
    check_in_runtimes(OneMap(), [images], tmp_path / "x3d.onnx")


def test_the_detector_learns_a_batch():
    config = read_config("x3d_m_ava")
    config.model.backbone.update(depths=(1, 1, 1, 1))
    torch.manual_seed(0)
    model = MODELS.build(config.model).train()
    clips, boxes = torch.randn(2, 3, 4, 64, 64), [torch.tensor([[4.0, 4, 60, 60]])] * 2
    sum(one.square().mean() for one in model.score_actors(clips, boxes)).backward()
    assert all(value.grad is not None for value in model.parameters())
    model.eval()
    assert [one.shape for one in model.score_actors(clips, boxes)] == [(1, 80)] * 2
