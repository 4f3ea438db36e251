"""SlowFast's options cost what the paper says, and the table in the docs is the script's."""

from pathlib import Path

import pytest

from benchmarks.model_cost import count_cost
from benchmarks.slowfast_table import VARIANTS, as_markdown, difference, variant_cost
from tests.models.configs import read_config

PAGE = Path(__file__).parents[2] / "docs" / "slowfast.md"
# What docs/slowfast.md explains: the paper counted another network.
OTHER_IN_THE_PAPER = {"Fast only": 0.078, "half resolution, beta 1/4": 0.046}


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda one: one.title)
def test_gflops_are_those_of_the_paper(variant):
    if variant.title in OTHER_IN_THE_PAPER:
        expected = OTHER_IN_THE_PAPER[variant.title]
        assert difference(variant) == pytest.approx(expected, abs=0.001)
    else:
        assert abs(difference(variant)) < 0.02


# PyTorchVideo's model zoo states them, in millions.
@pytest.mark.parametrize(
    ("name", "frames", "parameters_m"),
    [
        ("slowonly_kinetics", 4, 32.45),
        ("slowfast_kinetics", 32, 34.48),
        ("slowfast_8x8_kinetics", 32, 34.57),
    ],
)
def test_weights_are_as_many_as_published(name, frames, parameters_m):
    cost = count_cost(read_config(name).model, num_frames=frames, size_px=256)
    assert cost.parameters_m == pytest.approx(parameters_m, rel=0.001)


def test_a_convolution_counted_by_hand():
    # Lateral connections of sampling cost nothing by themselves, a stacked frame neither.
    sampled, summed, none = (
        variant_cost(name).gflops
        for name in ("time-strided sampling", "time-to-channel, sum", "none (late concat)")
    )
    assert summed == none
    # Per view: 4 frames; each stage has 8 to 128 channels more in its first convolution and its
    # shortcut (1x1, or 3x1x1 in res4 and res5), and the shortcut sees a quarter of the places.
    places = {1: 64 * 64, 2: 64 * 64, 3: 32 * 32, 4: 16 * 16}
    extra = (
        4 * places[1] * 8 * (64 + 256)
        + 4 * 32 * (places[2] * 128 + places[2] / 4 * 512)
        + 4 * 64 * (places[3] * 256 * 3 + places[3] / 4 * 1024)
        + 4 * 128 * (places[4] * 512 * 3 + places[4] / 4 * 2048)
    )
    assert sampled - none == pytest.approx(extra / 1e9)


def test_the_page_shows_the_table():
    assert as_markdown() in PAGE.read_text()
