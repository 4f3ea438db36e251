"""Trainings and other commands whose disk is full."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from stad.engine.checkpoints import LAST, AtomicCheckpointHook
from stad.errors import InputError
from tests.cli.scripts import ROOT
from tests.datasets.tiny_ava import CONFIG, changes_for, write_tiny_ava
from tests.robustness.disks import small_disk

pytestmark = pytest.mark.robust


class Runner:
    """What a checkpoint needs of mmengine's runner."""

    def __init__(self, folder, epoch):
        self.work_dir, self.epoch, self.iter, self.max_epochs = str(folder), epoch, epoch, 9
        self.logger = logging.getLogger("test")

    def save_checkpoint(self, folder, name, **_):
        state = {"w": torch.arange(50_000, dtype=torch.float32)}
        content = io.BytesIO()
        torch.save({"state_dict": state, "epoch": self.epoch}, content)
        # As mmengine does.
        Path(folder, name).write_bytes(content.getvalue())


@pytest.mark.parametrize("free_kilobytes", [0, 8, 100])
def test_a_checkpoint_on_a_full_disk_leaves_the_older_one(tmp_path, free_kilobytes):
    hook = AtomicCheckpointHook(keep=1)
    hook.is_last_train_epoch = lambda runner: False
    with small_disk(tmp_path / "disk", kilobytes=600) as disk:
        hook.after_train_epoch(Runner(disk, 0))
        assert (disk / LAST).read_text() == str(disk / "epoch_1.pth")
        with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        size = (disk / "filler").stat().st_size
        with (disk / "filler").open("r+b") as file:
            file.truncate(size - free_kilobytes * 1024)
        with pytest.raises(InputError, match="Free some space") as failed:
            hook.after_train_epoch(Runner(disk, 1))
        assert re.match(r"[^\n]+\.$", str(failed.value))
        found = sorted(path.name for path in disk.iterdir())
        assert found == ["epoch_1.pth", "filler", LAST]
        assert (disk / LAST).read_text() == str(disk / "epoch_1.pth")
        assert torch.load(disk / "epoch_1.pth", weights_only=True)["epoch"] == 0
        # With space again, the next one takes its place.
        (disk / "filler").unlink()
        hook.after_train_epoch(Runner(disk, 1))
        assert sorted(path.name for path in disk.iterdir()) == ["epoch_2.pth", LAST]


def train(data, work_dir, *words) -> subprocess.CompletedProcess:
    """Train the tiny detector for four epochs in a process of its own."""
    changes = {**changes_for(data), "train_cfg.max_epochs": 4}
    script = str(ROOT / "tools" / "train.py")
    command = [sys.executable, script, str(CONFIG), "--work-dir", str(work_dir)]
    command += [*words, "--cfg-options", *(f"{key}={value}" for key, value in changes.items())]
    return subprocess.run(
        command,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("kilobytes", [64, 900, 2500])
def test_a_training_on_a_full_disk_is_one_sentence_and_goes_on(tmp_path, kilobytes):
    data = write_tiny_ava(tmp_path / "data")
    with small_disk(tmp_path / "disk", kilobytes=8192) as disk:
        (disk / "filler").write_bytes(bytes((8192 - kilobytes) * 1024))
        failed = train(data, disk / "work")
        assert failed.returncode == 2, failed.stderr
        assert "Traceback" not in failed.stderr
        errors = [one for one in failed.stderr.splitlines() if one.startswith("error: ")]
        assert len(errors) == 1
        assert "ree some space" in errors[0]
        assert not list(disk.rglob(".*part*"))
        (disk / "filler").unlink()
        again = train(data, disk / "work", "--resume")
        assert again.returncode == 0, again.stderr
        assert (disk / "work" / LAST).read_text().endswith("epoch_4.pth")
