"""Folding changes nothing but the time; bfloat16 changes scores little."""

from pathlib import Path

import pytest
import torch

from stad import zoo
from stad.models.fast_inference import choose_precision, prepare_for_inference

CONFIG = str(Path(__file__).parents[1] / "data" / "tiny_detector.py")


def model_with_statistics():
    """Weights by a seed, and batch norms that do something."""
    torch.manual_seed(0)
    model = zoo.load(CONFIG, weights=None)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm3d):
            module.running_mean.uniform_(-0.3, 0.3)
            module.running_var.uniform_(0.5, 1.5)
    return model


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 0.03)], ids=str
)
@torch.inference_mode()
def test_probabilities_stay(dtype, tolerance):
    model = model_with_statistics()
    clips = torch.randn(2, 3, 4, 64, 80)
    boxes = [torch.tensor([[5.0, 5, 40, 60], [0, 0, 80, 64]]), torch.zeros(0, 4)]
    before = [model.probabilities(one) for one in model.score_actors(clips, boxes)]
    names = {type(module).__name__ for module in model.backbone.modules()}
    assert "BatchNorm3d" in names
    prepare_for_inference(model, dtype)
    names = {type(module).__name__ for module in model.backbone.modules()}
    assert "BatchNorm3d" not in names
    after = [model.probabilities(one) for one in model.score_actors(clips.to(dtype), boxes)]
    assert [one.shape for one in after] == [(2, 80), (0, 80)]
    torch.testing.assert_close(after[0].float(), before[0], atol=tolerance, rtol=0)


def test_choices():
    assert choose_precision("float32", "cpu") == torch.float32
    assert choose_precision("bfloat16", "cpu") == torch.bfloat16
    assert choose_precision("auto", "cpu") in (torch.float32, torch.bfloat16)
    with pytest.raises(ValueError, match="half"):
        choose_precision("half", "cpu")
