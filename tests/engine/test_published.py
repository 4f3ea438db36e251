"""Evaluating models of the zoo by their names."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from stad import zoo
from stad.engine import published
from stad.engine.run import RunOptions, evaluate
from stad.errors import InputError
from stad.registry import MODELS
from stad.utils.download import hash_file
from stad.zoo.weights import UrlWeights
from tests.datasets.tiny_ava import write_tiny_ava
from tests.models.configs import read_config

ROOT = Path(__file__).parents[2]
NAME = "slowonly_r50_4x16_ava21"
SMALL = {
    **{"model.backbone.depth": 18, "model.backbone.base_channels": 4},
    **{"model.roi_head.in_channels": 32, "model.roi_head.num_classes": 3},
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_tiny_ava(tmp_path_factory.mktemp("data") / "tiny")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A small Slow detector of three classes, with the background row of mmaction2."""
    config = read_config("slowonly_ava").model
    config.backbone.update(depth=18, base_channels=4)
    config.roi_head.update(in_channels=32, num_classes=4)
    torch.manual_seed(0)
    state = MODELS.build(config).state_dict()
    path = tmp_path_factory.mktemp("weights") / "small-953ef5fe.pth"
    renamed = {k.replace("roi_head.", "roi_head.bbox_head."): v for k, v in state.items()}
    torch.save({"meta": {}, "state_dict": renamed}, path)
    return path


def changes_for(data):
    dataset = {
        **{"annotations": str(data / "labels.csv"), "excluded": None, "proposals": None},
        **{"videos": str(data / "videos"), "label_map": str(data / "labels.txt")},
        "short_side_px": 48,
    }
    loader = {"num_workers": 0, "persistent_workers": False}
    changes = {f"val_dataloader.dataset.{key}": value for key, value in dataset.items()}
    return {**changes, **{f"val_dataloader.{key}": value for key, value in loader.items()}, **SMALL}


def test_a_name_evaluates_a_checkpoint_as_its_config_does(data, checkpoint, tmp_path):
    changes = changes_for(data)
    by_name = evaluate(RunOptions(NAME, work_dir=tmp_path / "a", changes=changes), checkpoint)
    config = ROOT / "configs" / "slowonly_ava.py"
    official = {**changes, "val_evaluator.protocol": "mmaction2"}
    options = RunOptions(config, work_dir=tmp_path / "b", changes=official)
    assert by_name == evaluate(options, checkpoint)
    assert by_name["keyframes"] == 8
    (log,) = (tmp_path / "a").glob("*/*.log")
    (told,) = (line for line in log.read_text().splitlines() if f"{NAME}: annotations" in line)
    assert told.endswith("protocol mmaction2; published figure: AVA v2.1 mAP 20.72")


def test_without_a_checkpoint_the_published_weights_are_evaluated(
    data, checkpoint, tmp_path, monkeypatch
):
    entry = zoo.model_entry(NAME)
    weights = UrlWeights("https://example.org/small.pth", hash_file(checkpoint))
    home = tmp_path / "home"
    (home / "weights").mkdir(parents=True)
    (home / "weights" / "small.pth").write_bytes(checkpoint.read_bytes())
    monkeypatch.setenv("STAD_HOME", str(home))
    small = dataclasses.replace(entry, weights=weights)
    monkeypatch.setattr(published.zoo, "model_entry", lambda name: small)
    options = RunOptions(NAME, work_dir=tmp_path / "work", changes=changes_for(data))
    assert evaluate(options) == evaluate(options, checkpoint)


def test_the_callers_own_changes_win():
    entry = zoo.model_entry("s3d_k400")
    key = "val_dataloader.dataset.window.num_frames"
    assert published.evaluation_options(entry, RunOptions(entry.name)).changes == {key: 128}
    found = published.evaluation_options(
        entry, RunOptions(entry.name, work_dir="here", changes={key: 32, "a": 1})
    )
    assert found.changes == {key: 32, "a": 1}
    assert (found.work_dir, Path(found.config).name) == ("here", "s3d_kinetics.py")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (NAME, "The data set is incomplete, missing: data/ava/videos"),
        ("slowonly_r50_4x16_ava", "Did you mean slowonly_r50_4x16_ava21"),
        (str(ROOT / "configs" / "slowonly_ava.py"), "data/ava/videos"),
        ("none.py", r"none\.py: no such config file"),
        ("i3d_roi_k400", "does not define val_cfg"),
    ],
)
def test_what_cannot_be_evaluated_is_told_before_anything_is_fetched(
    tmp_path, monkeypatch, name, said
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=said):
        evaluate(RunOptions(name))
    assert list(tmp_path.iterdir()) == []


def test_the_script_ends_with_exit_code_2(tmp_path):
    command = [sys.executable, str(ROOT / "tools" / "test.py"), NAME]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert done.stderr.startswith("error: The data set is incomplete")


def test_a_config_needs_a_checkpoint_and_a_checkpoint_a_file(data, tmp_path):
    config = ROOT / "configs" / "slowonly_ava.py"
    options = RunOptions(config, work_dir=tmp_path, changes=changes_for(data))
    with pytest.raises(InputError, match="A config needs a checkpoint to evaluate"):
        evaluate(options)
    with pytest.raises(InputError, match=r"none\.pth: no such checkpoint file"):
        evaluate(options, "none.pth")


@pytest.mark.slow
def test_the_script_prints_json_for_a_name_and_a_checkpoint(data, checkpoint, tmp_path):
    changes = [f"{key}={value}" for key, value in changes_for(data).items()]
    command = [sys.executable, str(ROOT / "tools" / "test.py"), NAME, str(checkpoint)]
    done = subprocess.run(
        [*command, "--work-dir", str(tmp_path), "--cfg-options", *changes],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert set(json.loads(done.stdout.splitlines()[-1])) == {"mAP", "keyframes"}
