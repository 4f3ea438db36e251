"""A run that goes on with another batch size, length or rate follows the schedule of its config."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.hooks import LoggerHook
from mmengine.model import BaseModel
from mmengine.optim import CosineAnnealingLR, LinearLR, MultiStepLR
from torch import nn
from torch.utils.data import Dataset

from stad.datasets.epoch_sampler import EpochSampler
from stad.engine.checkpoints import LAST, AtomicCheckpointHook, newest_checkpoint
from stad.engine.runner import CheckedRunner
from stad.registry import DATASETS, MODELS

SCHEDULES = {
    "none": [],
    "steps": [{"type": MultiStepLR, "by_epoch": True, "milestones": [3, 5], "gamma": 0.1}],
    "warm-up in steps, half a cosine over all epochs": [
        {"type": LinearLR, "start_factor": 0.1, "by_epoch": False, "begin": 0, "end": 3},
        {"type": CosineAnnealingLR, "eta_min": 0, "by_epoch": True, "convert_to_iter_based": True},
    ],
    "warm-up in epochs, then steps": [
        {
            "type": LinearLR,
            "start_factor": 0.1,
            "by_epoch": True,
            "begin": 0,
            "end": 3,
            "convert_to_iter_based": True,
        },
        {"type": MultiStepLR, "by_epoch": True, "begin": 0, "milestones": [4], "gamma": 0.1},
    ],
    "warm-up and cosine in turn, by epoch": [
        {"type": LinearLR, "start_factor": 0.1, "by_epoch": True, "begin": 0, "end": 2},
        {"type": CosineAnnealingLR, "T_max": 4, "by_epoch": True, "begin": 2, "end": 6},
    ],
}


@DATASETS.register_module()
class EightNumbers(Dataset):
    """Eight numbers, as a data set of one class."""

    annotations, video_keys = "numbers", frozenset()

    def __init__(self):
        self.example_counts = np.array([8])
        self.metainfo = {"classes": ["number"]}

    def __len__(self):
        return 8

    def __getitem__(self, item):
        return {"inputs": torch.tensor([float(item.index)])}


@MODELS.register_module()
class OneWeight(BaseModel):
    """A weight that learns to be 0."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(1, 1)

    def forward(self, inputs, mode):
        return {"loss": self.layer(torch.stack(list(inputs))).square().mean() * 1e-3}


def run(work_dir, schedule, *, resume=None, epochs=6, batch=2, lr=0.01, scale=None):
    """Train in a folder; with ``resume`` from the checkpoints of another one."""
    if resume is not None:
        work_dir.mkdir()
        for path in (*resume.glob("*.pth"), resume / LAST):
            shutil.copy(path, work_dir)
    newest = newest_checkpoint(work_dir)
    loader = {
        "batch_size": batch,
        "num_workers": 0,
        "sampler": {"type": EpochSampler},
        "dataset": {"type": EightNumbers},
    }
    runner = CheckedRunner(
        model={"type": OneWeight},
        work_dir=str(work_dir),
        train_dataloader=loader,
        train_cfg={"by_epoch": True, "max_epochs": epochs},
        optim_wrapper={"optimizer": {"type": torch.optim.SGD, "lr": lr, "momentum": 0.9}},
        param_scheduler=schedule,
        auto_scale_lr=scale,
        default_hooks={
            "logger": {"type": LoggerHook, "interval": 1},
            "checkpoint": {"type": AtomicCheckpointHook, "keep": 0},
        },
        resume=resume is not None,
        load_from=None if newest is None else str(newest),
        default_scope="stad",
        experiment_name=str(work_dir),
        randomness={"seed": 0},
    )
    runner.train()
    return runner


def rates(runner):
    """Step -> learning rate, as it was logged."""
    (log,) = Path(runner.log_dir).glob("vis_data/scalars.json")
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    return {row["step"]: row["lr"] for row in rows if "loss" in row}


def log_of(runner):
    return next(Path(runner.log_dir).glob("*.log")).read_text()


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
@pytest.mark.parametrize("batch", [1, 4, 8])
def test_another_batch_size_goes_on_as_if_it_had_always_been(tmp_path, schedule, batch):
    steps = 8 // batch
    whole = run(tmp_path / "whole", schedule, batch=batch)
    run(tmp_path / "broken", schedule, epochs=2)
    resumed = run(tmp_path / "resumed", schedule, batch=batch, resume=tmp_path / "broken")
    expected = {step: rate for step, rate in rates(whole).items() if step > 2 * steps}
    assert len(expected) == 4 * steps
    assert rates(resumed) == pytest.approx(expected)
    assert resumed.iter == resumed.max_iters == 6 * steps
    log = log_of(resumed)
    assert f"An epoch had 4 steps when the run was interrupted and has {steps} now" in log
    assert f"continues after epoch 2, at step {2 * steps}" in log
    # The time left is never negative.
    assert len(re.findall(r"eta: \d", log)) == 4 * steps
    assert "eta: -" not in log


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
@pytest.mark.parametrize("epochs", [4, 9])
def test_another_number_of_epochs_follows_its_own_schedule(tmp_path, schedule, epochs):
    whole = run(tmp_path / "whole", schedule, epochs=epochs)
    run(tmp_path / "broken", schedule, epochs=2)
    resumed = run(tmp_path / "resumed", schedule, epochs=epochs, resume=tmp_path / "broken")
    expected = {step: rate for step, rate in rates(whole).items() if step > 8}
    assert len(expected) == 4 * (epochs - 2)
    assert rates(resumed) == pytest.approx(expected)
    if "half a cosine" in str(schedule):
        assert f"at epoch 2 of {epochs}: it was 0 and is" in log_of(resumed)


def test_a_lower_rate_is_taken_over(tmp_path):
    run(tmp_path / "run", [], epochs=1)
    resumed = run(tmp_path / "resumed", [], epochs=2, lr=0.002, resume=tmp_path / "run")
    assert set(rates(resumed).values()) == {0.002}
    assert "it was 0.01 and is 0.002 now" in log_of(resumed)
    state = resumed.optim_wrapper.optimizer.state_dict()["state"]
    assert all("momentum_buffer" in one for one in state.values())


def test_the_rate_follows_the_batch_size_where_the_config_says_so(tmp_path):
    scale = {"enable": True, "base_batch_size": 4}
    first = run(tmp_path / "run", SCHEDULES["steps"], epochs=1, lr=0.04, scale=scale)
    assert set(rates(first).values()) == {0.02}
    more = {"epochs": 2, "batch": 4, "lr": 0.04, "scale": scale, "resume": tmp_path / "run"}
    resumed = run(tmp_path / "resumed", SCHEDULES["steps"], **more)
    assert set(rates(resumed).values()) == {0.04}


def test_nothing_is_said_or_changed_without_a_change(tmp_path):
    schedule = SCHEDULES["warm-up in epochs, then steps"]
    whole = run(tmp_path / "whole", schedule)
    run(tmp_path / "broken", schedule)
    folder = tmp_path / "broken"
    (folder / LAST).write_text(str(folder / "epoch_2.pth"))
    resumed = run(tmp_path / "resumed", schedule, resume=folder)
    assert rates(resumed) == {step: rate for step, rate in rates(whole).items() if step > 8}
    assert "learning rate follows" not in log_of(resumed)
    assert torch.equal(resumed.model.layer.weight, whole.model.layer.weight)


def test_a_run_that_is_complete_says_so(tmp_path):
    run(tmp_path / "run", [], epochs=2)
    resumed = run(tmp_path / "resumed", [], epochs=2, resume=tmp_path / "run")
    assert "2 epochs are done and train_cfg.max_epochs is 2, so nothing is left" in log_of(resumed)
    assert "learning rate follows" not in log_of(resumed)
