"""Taggers from the published config: trained on a few records, interrupted, and evaluated."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from stad.engine.checkpoints import LAST
from stad.engine.run import RunOptions, evaluate, train
from stad.engine.run_config import TRAINING_KEYS, read_run_config
from stad.engine.start import load_start_weights
from stad.errors import InputError
from stad.registry import MODELS
from tests.datasets.records.shard_files import (
    CHANNELS,
    CLASSES,
    MODALITIES,
    write_label_map,
    write_shards,
)

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "configs" / "nextvlad_youtube8m.py"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "records"
    write_shards(folder, [7, 6, 7])
    write_shards(folder, [5, 6], prefix="validate")
    write_label_map(folder)
    return folder


def options(data, work_dir, **changes):
    """The published config with small sizes, on small shards."""
    both = {}
    for loader, part in (("train_dataloader", "train"), ("val_dataloader", "validate")):
        both |= {
            f"{loader}.dataset.records": str(data / f"{part}*.tfrecord"),
            f"{loader}.dataset.modalities": MODALITIES,
            f"{loader}.dataset.label_map": str(data / "label_map.txt"),
            f"{loader}.batch_size": 4,
            f"{loader}.num_workers": 0,
            f"{loader}.persistent_workers": False,
            f"{loader}.pin_memory": False,
        }
    model = {"model.hidden": 16, "model.head.num_classes": len(CLASSES)}
    for place, (groups, count) in enumerate(((4, CHANNELS["rgb"]), (2, CHANNELS["audio"]))):
        model[f"model.modalities.{place}.channels"] = count
        model[f"model.modalities.{place}.aggregator.clusters"] = 3
        model[f"model.modalities.{place}.aggregator.groups"] = groups
    model["model.modalities.0.eigenvalues"] = None
    schedule = {"train_cfg.max_epochs": 4, "param_scheduler.0.every_samples": 30}
    run = {**both, **model, **schedule, "default_hooks.logger.interval": 1, **changes}
    return RunOptions(CONFIG, work_dir=work_dir, changes=run)


def weights_of(folder, epoch=4):
    return torch.load(folder / f"epoch_{epoch}.pth", weights_only=True)["state_dict"]


def rates_of(folder):
    """The rate of each step, in the order of the log."""
    rows = [
        json.loads(line)
        for path in sorted(folder.glob("*/vis_data/scalars.json"))
        for line in path.read_text().splitlines()
    ]
    return [row["lr"] for row in rows if "loss" in row]


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "work"
    train(options(data, folder, **{"default_hooks.checkpoint.keep": 0}))
    return folder


def test_the_rate_falls_with_the_samples(trained):
    # Epochs of 20 samples are 5 steps of 4; a change after each 30 samples.
    expected = [2e-4 * 0.8 ** (4 * step // 30) for step in range(20)]
    assert rates_of(trained) == pytest.approx(expected)


def test_a_resumed_run_ends_with_the_same_weights(data, trained, tmp_path):
    train(options(data, tmp_path / "work", **{"train_cfg.max_epochs": 2}))
    resumed = options(data, tmp_path / "work")
    train(
        RunOptions(resumed.config, work_dir=resumed.work_dir, changes=resumed.changes, resume=True)
    )
    expected = weights_of(trained)
    assert all(
        torch.equal(one, expected[name]) for name, one in weights_of(tmp_path / "work").items()
    )


def test_an_evaluation_gives_the_figures_of_the_challenge(data, trained, tmp_path):
    run = options(data, tmp_path / "work", **{"val_evaluator.out": str(tmp_path / "out.csv")})
    figures = evaluate(run, trained / "epoch_4.pth")
    assert {"hit_at_1", "perr", "gap", "map"} <= set(figures)
    assert figures["videos"] == 11
    # Four classes, of which each video has one, are all among the first 20.
    assert figures["gap"] > 0.2
    with (tmp_path / "out.csv").open() as file:
        rows = list(csv.reader(file))
    assert len(rows) == 12
    with pytest.raises(InputError, match="For a tagger, use --out instead"):
        evaluate(run, trained / "epoch_4.pth", report=tmp_path / "report")
    with pytest.raises(InputError, match="--views is for recognizers"):
        evaluate(run, trained / "epoch_4.pth", views="2x1")


def test_training_starts_from_all_but_the_head_of_other_labels(data, trained, tmp_path):
    config = read_run_config(options(data, tmp_path), TRAINING_KEYS)
    config.model.head.num_classes = 5
    model = MODELS.build(config.model)
    report = load_start_weights(model, str(trained / "epoch_4.pth"))
    assert "not in the file: network.head.fc_cls.weight, network.head.fc_cls.bias" in report
    assert "WARNING" not in report
    expected = weights_of(trained)
    for name, value in model.state_dict().items():
        assert ".head." in name or torch.equal(value, expected[name])


def test_a_model_of_another_number_of_labels_is_told(data, tmp_path):
    with pytest.raises(
        InputError, match=r"The model has 7 outputs.*Set model\.head\.num_classes to 4"
    ):
        train(options(data, tmp_path / "work", **{"model.head.num_classes": 7}))


@pytest.mark.slow
def test_two_processes_train_as_one_does(data, trained, tmp_path):
    """Together they see the samples of one process in each step, and the same rates."""
    run = options(data, tmp_path / "work", **{"train_dataloader.batch_size": 2})
    script = tmp_path / "run.py"
    script.write_text(
        "from stad.engine.run import RunOptions, train\n"
        f"train(RunOptions({str(CONFIG)!r}, work_dir={str(run.work_dir)!r}, "
        f"changes={dict(run.changes)!r}, launcher='pytorch'))\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    done = subprocess.run(
        [*command, "--nproc_per_node", "2", str(script)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "work" / LAST).is_file()
    assert rates_of(tmp_path / "work") == pytest.approx(rates_of(trained))
