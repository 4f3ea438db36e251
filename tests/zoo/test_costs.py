"""What a clip costs, here and in docs/zoo.md, is what the benchmarks count; rates are measured."""

import re
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from torch import nn

from benchmarks.model_cost import count_network
from stad import zoo
from stad.registry import MODELS
from stad.video.geometry import clip_size
from stad.zoo.choice import DETECTION_MODELS
from stad.zoo.costs import GFLOPS, clip_sec, measure_rate

ROW = re.compile(r"^\| ([\w, ]+) \| ([\d., ]+) \| ([\w, ]+) \| ([\d., ]+) \|$", re.MULTILINE)


class Backbone(nn.Module):
    """What is counted: heads cost little, and as much as there are people."""

    def __init__(self, model):
        super().__init__()
        self.backbone = model.backbone

    def forward(self, clips):
        return self.backbone(clips)


def counted(entry):
    """Billions of multiply-adds of a model of the zoo for a clip of a 16:9 video."""
    config = Config.fromfile(zoo.config_dir() / entry.config)
    data = config.val_dataloader.dataset
    size = clip_size(1920, 1080, data.short_side_px)
    width_px, height_px = size if entry.task == "detect" else (data.crop_px, data.crop_px)
    with torch.device("meta"):
        model = MODELS.build(config.model).eval()
        clips = torch.empty(1, 3, data.window.num_frames, height_px, width_px)
    return count_network(Backbone(model), clips).gflops


@pytest.mark.parametrize("name", GFLOPS)
def test_costs_are_those_that_are_counted(name):
    assert counted(zoo.model_entry(name)) == pytest.approx(GFLOPS[name], abs=0.5)


def stated():
    page = Path(__file__).parents[2].joinpath("docs", "zoo.md").read_text()
    return [
        (name, cost, task)
        for row in ROW.findall(page)
        for names, costs, task in ((*row[:2], "detect"), (*row[2:], "recognize"))
        for name, cost in zip(names.split(", "), costs.split(", "), strict=True)
    ]


@pytest.mark.parametrize(("name", "cost", "task"), stated())
def test_the_page_states_what_a_clip_costs(name, cost, task):
    entry = next(one for one in zoo.list_models(task) if re.match(f"{name}_(?!nl)", one.name))
    # Rounded to the last digit that is stated.
    error = 0.05 if "." in cost else 0.5
    assert counted(entry) == pytest.approx(float(cost), abs=error)


def test_the_page_names_twenty_five_networks():
    assert len(stated()) == 25


def test_every_candidate_has_a_cost():
    assert set(DETECTION_MODELS) <= set(GFLOPS)


def test_this_machine_has_a_rate():
    rate = measure_rate("cpu")
    assert 0.1 < rate < 1e5
    assert clip_sec("umt_vit_b16_ava22", "cpu") == pytest.approx(571 / (0.5 * rate))
    assert clip_sec("skeleton_poses", "cpu") is None


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_the_gpu_there_is_no_estimate():
    assert clip_sec("umt_vit_b16_ava22", "cuda:0") is None
