"""The commands on made-up records: trained, killed, resumed, evaluated."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from stad.datasets.synthetic.planted_records import write_planted_records

ROOT = Path(__file__).parents[2]
CONFIG = str(ROOT / "configs" / "nextvlad_planted.py")


def command_of(tool: str, *arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "tools" / f"{tool}.py"), *arguments]


def run(command: list[str], cwd: Path) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=150, check=False
    )


def weights_of(path: Path) -> dict:
    return torch.load(path, weights_only=True)["state_dict"]


@pytest.mark.slow
def test_a_run_that_is_killed_resumes_and_is_evaluated(tmp_path):
    write_planted_records(tmp_path / "data" / "planted", num_train=400, num_val=200)
    options = ["train_cfg.max_epochs=3", "default_hooks.checkpoint.keep=0"]
    train = command_of("train", CONFIG, "--work-dir")
    done = run([*train, "whole", "--cfg-options", *options], tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]

    process = subprocess.Popen(
        [*train, "killed", "--cfg-options", *options],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while not (tmp_path / "killed" / "epoch_1.pth").is_file() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "killed" / "epoch_3.pth").exists()
    done = run([*train, "killed", "--resume", "--cfg-options", *options], tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    expected = weights_of(tmp_path / "whole" / "epoch_3.pth")
    resumed = weights_of(tmp_path / "killed" / "epoch_3.pth")
    assert resumed.keys() == expected.keys()
    assert all(torch.equal(one, expected[name]) for name, one in resumed.items())

    done = run(command_of("test", CONFIG, "killed/epoch_3.pth", "--out", "tags.csv"), tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    figures = json.loads(done.stdout.splitlines()[-1])
    assert set(figures) == {"hit_at_1", "perr", "gap", "map", "videos"}
    assert figures["videos"] == 200
    # At random it would be 0.1.
    assert figures["gap"] > 0.5
    assert len((tmp_path / "tags.csv").read_text().splitlines()) == 201


def test_training_without_the_data_says_what_gets_it(tmp_path):
    done = run(command_of("train", str(ROOT / "configs" / "nextvlad_youtube8m.py")), tmp_path)
    assert done.returncode == 2
    line = done.stderr.strip().splitlines()[-1]
    assert line.startswith(
        "error: There are no shards of records in data/youtube8m/frame/train*.tfrecord and "
        "data/youtube8m/frame/validate*.tfrecord: "
    )
    assert "'python tools/prepare_youtube8m.py data/youtube8m' says how to get them" in line
