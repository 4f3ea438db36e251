"""Channel-separated networks: the owners' scores through their own names, and their sizes."""

import numpy as np
import pytest
import torch

from stad import zoo
from stad.errors import InputError
from stad.models.backbones.csn import CSN
from stad.registry import MODELS
from tests.golden import golden, reference_state
from tests.models.configs import read_config
from tests.networks import check_in_runtimes


def load_golden(name, config, path):
    numbers = golden(name)
    torch.save({"model_state": reference_state(numbers)}, path)
    model = MODELS.build(config.model).eval()
    zoo.load_weights(model, path)
    shape = (1, 3, int(numbers["frames"]), int(numbers["size"]), int(numbers["size"]))
    with torch.inference_mode():
        logits = model.score_clips(torch.randn(shape, generator=torch.Generator().manual_seed(0)))
    np.testing.assert_allclose(logits.numpy(), numbers["output"], atol=1e-4)


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("mmaction2_ircsn_r50", "ircsn_r50_kinetics"),
        ("mmaction2_ipcsn_r50", "ipcsn_r152_kinetics"),
    ],
)
def test_the_outputs_of_mmaction2(name, config, tmp_path):
    config = read_config(config)
    config.model.backbone.update(depth=50)
    load_golden(name, config, tmp_path / "csn.pth")


@pytest.mark.slow
def test_the_outputs_of_pytorchvideo(tmp_path):
    config = read_config("ircsn_r101_pytorchvideo_kinetics")
    load_golden("pytorchvideo_csn_r101", config, tmp_path / "csn.pyth")


@pytest.mark.parametrize(
    ("name", "config", "eps", "right"),
    [
        ("pytorchvideo_csn_r101", "ircsn_r101_pytorchvideo_kinetics", 1e-3, "1e-05"),
        ("mmaction2_ircsn_r50", "ircsn_r50_kinetics", 1e-5, "0.001"),
    ],
)
def test_weights_of_another_batch_norm_are_refused(name, config, eps, right, tmp_path):
    numbers, config = golden(name), read_config(config)
    torch.save({"model_state": reference_state(numbers)}, tmp_path / "csn.pth")
    config.model.backbone.update(eps=eps)
    with pytest.raises(InputError, match=rf"set model\.backbone\.eps={right} in the config"):
        zoo.load_weights(MODELS.build(config.model), tmp_path / "csn.pth")


# Of mmaction2's configs/recognition/csn/metafile.yml and PyTorchVideo's model_zoo.md.
@pytest.mark.parametrize(
    ("config", "millions"),
    [
        ("ircsn_r50_kinetics", 13.13),
        ("ircsn_r101_pytorchvideo_kinetics", 22.21),
        ("ircsn_r152_kinetics", 29.70),
        ("ipcsn_r152_kinetics", 33.02),
    ],
)
def test_the_published_numbers_of_parameters(config, millions):
    with torch.device("meta"):
        model = MODELS.build(read_config(config).model)
    total = sum(value.numel() for value in model.parameters())
    assert total / 1e6 == pytest.approx(millions, abs=0.005)


@pytest.mark.parametrize(
    ("strides", "shape", "size"),
    [((1, 2, 2, 2), (32, 64, 64), (4, 2, 2)), ((1, 2, 2, 1), (16, 64, 114), (2, 4, 8))],
)
@torch.inference_mode()
def test_time_is_strided_by_eight(strides, shape, size):
    (maps,) = CSN(50, spatial_strides=strides).eval()(torch.randn(1, 3, *shape))
    assert maps.shape == (1, 2048, *size)


def test_other_depths_are_refused():
    with pytest.raises(ValueError, match="a CSN has depth 50, 101, 152, got 18"):
        CSN(18)


def test_batch_norm_stays_as_it_is_and_a_stage_is_frozen():
    network = CSN(50, frozen_stages=1, norm_eval=True, with_checkpoint=True).train()
    network(torch.randn(1, 3, 8, 32, 32))[0].mean().backward()
    trained = {
        name.partition(".")[0]
        for name, value in network.named_parameters()
        if value.grad is not None
    }
    assert trained == {"layer2", "layer3", "layer4"}
    assert torch.equal(network.layer2[0].conv1.bn.running_mean, torch.zeros(128))


def test_it_runs_in_the_other_libraries(tmp_path):
    class OneMap(torch.nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.network = CSN(50, preserved=True).eval()

        def forward(self, frames):
            clips = frames.unflatten(0, (-1, 8)).transpose(1, 2)
            return (self.network(clips)[0].mean(dim=2),)

    check_in_runtimes(OneMap(), [torch.randn(8, 3, 64, 64)], tmp_path / "csn.onnx")
