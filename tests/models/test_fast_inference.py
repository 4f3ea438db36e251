"""Folding changes nothing but the time; bfloat16 changes scores little."""

from pathlib import Path

import numpy as np
import pytest
import torch

from stad import zoo
from stad.inference.scorer import ActionScorer
from stad.models.fast_inference import prepare_for_inference

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
    after = [model.probabilities(one) for one in model.score_actors(clips, boxes)]
    assert [one.shape for one in after] == [(2, 80), (0, 80)]
    torch.testing.assert_close(after[0].float(), before[0], atol=tolerance, rtol=0)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("c3d_kinetics", (8, 112, 112)),
        ("cnn_lstm_kinetics", (4, 64, 80)),
        ("i3d_kinetics", (16, 64, 80)),
        ("i3d_roi_kinetics", (16, 64, 80)),
        ("r2plus1d_kinetics", (8, 64, 80)),
        ("s3d_kinetics", (16, 224, 224)),
        ("slowfast_half_resolution_kinetics", (16, 64, 80)),
        ("slowfast_optical_flow_kinetics", (16, 64, 80)),
        ("slowfast_time_difference_kinetics", (16, 64, 80)),
        ("timesformer_kinetics", (2, 32, 48)),
        ("tsm_kinetics", (8, 64, 80)),
        ("two_stream_kinetics", (11, 64, 80)),
    ],
)
def test_every_kind_of_network_runs_in_bfloat16(name, shape):
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    clip = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    boxes = np.array([[5, 5, 40, 60]], dtype=np.float32)
    opened = zoo.open_model(str(zoo.config_dir() / f"{name}.py"), weights=None)
    found = []
    for dtype in (torch.float32, torch.bfloat16):
        scorer = ActionScorer(
            opened.model, opened.window, short_side_px=shape[1], num_classes=400, dtype=dtype
        )
        found += scorer.score([clip], [boxes], source_size=(shape[2], shape[1]))
    assert found[0].shape == (1, 400)
    np.testing.assert_allclose(found[1], found[0], rtol=0.1, atol=1e-4)
    # Not the same numbers by another way: bfloat16 was at work.
    assert (found[1] != found[0]).any()
