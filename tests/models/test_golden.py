"""SlowFast detectors and I3D against outputs of the published reference models."""

import os

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tests.golden import golden, reference_state
from tests.models.configs import build_model


def renamed(state):
    """The reference's names and outputs in stad's: row 0, the background, is dropped."""
    for key in [key for key in state if ".bbox_head." in key]:
        state[key.replace(".bbox_head.", ".")] = state.pop(key)[1:]
    return state


@pytest.mark.parametrize(
    ("config", "reference"),
    [("slowfast_ava", "slowfast_r50_4x16"), ("slowfast_8x8_ava", "slowfast_r50_8x8")],
)
def test_slowfast_gives_the_reference_logits(config, reference):
    numbers = golden(reference)
    model = build_model(config)
    model.load_state_dict(renamed(reference_state(numbers)))
    clips = torch.randn(1, 3, 32, 96, 128, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        (logits,) = model.score_actors(clips, [torch.from_numpy(numbers["boxes"])])
    torch.testing.assert_close(
        logits, torch.from_numpy(numbers["logits"][:, 1:]), atol=1e-4, rtol=0
    )
    torch.testing.assert_close(
        model.probabilities(logits), torch.from_numpy(numbers["scores"][:, 1:]), atol=1e-5, rtol=0
    )


@pytest.mark.skipif(
    "STAD_I3D_WEIGHTS" not in os.environ,
    reason="set STAD_I3D_WEIGHTS to the .safetensors that the zoo made of the published I3D",
)
def test_i3d_gives_the_reference_logits_with_its_published_weights():
    model = build_model("i3d_kinetics")
    model.load_state_dict(load_file(os.environ["STAD_I3D_WEIGHTS"]))
    shape = (1, 16, 224, 224, 3)
    clips = np.random.RandomState(0).uniform(-1, 1, shape).astype("float32")
    with torch.inference_mode():
        logits = model.score_clips(torch.from_numpy(clips).permute(0, 4, 1, 2, 3).contiguous())
    expected = torch.from_numpy(golden("i3d_k400")["logits"])
    torch.testing.assert_close(logits, expected, atol=1e-4, rtol=0)
