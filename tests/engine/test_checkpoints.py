"""Checkpoints: whole or not at all, the newest few, and the best."""

import math
from types import SimpleNamespace

import pytest

from stad.engine.checkpoints import LAST, AtomicCheckpointHook, best_checkpoint, write_beside


class Runner(SimpleNamespace):
    """What the hook needs of mmengine's runner: it writes a file."""

    def save_checkpoint(self, folder, name, **options):
        (self.path / name).write_text(f"{self.epoch} {options['save_optimizer']}")


@pytest.fixture
def runner(tmp_path):
    return Runner(
        path=tmp_path,
        work_dir=str(tmp_path),
        epoch=0,
        iter=0,
        max_epochs=9,
        logger=SimpleNamespace(info=lambda text: None),
    )


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.pth"
    path.write_text("old")

    def write(part):
        part.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_beside(path, write)
    assert path.read_text() == "old"
    write_beside(path, lambda part: part.write_text("new"))
    assert path.read_text() == "new"


def test_the_newest_are_kept_and_the_last_is_named(runner, tmp_path):
    hook = AtomicCheckpointHook(keep=2)
    for epoch in range(11):
        runner.epoch = epoch
        runner.max_epochs = 11
        hook.after_train_epoch(runner)
    assert sorted(path.name for path in tmp_path.glob("*.pth")) == ["epoch_10.pth", "epoch_11.pth"]
    assert (tmp_path / LAST).read_text() == str(tmp_path / "epoch_11.pth")
    assert (tmp_path / "epoch_11.pth").read_text() == "10 True"


def test_the_interval_counts_epochs_and_the_last_one_is_saved(runner, tmp_path):
    hook = AtomicCheckpointHook(interval_epochs=3, keep=0)
    for epoch in range(5):
        runner.epoch, runner.max_epochs = epoch, 5
        hook.after_train_epoch(runner)
    assert sorted(path.name for path in tmp_path.glob("*.pth")) == ["epoch_3.pth", "epoch_5.pth"]


def test_the_best_is_kept(runner, tmp_path):
    hook = AtomicCheckpointHook(best_metric="mAP")
    for epoch, value in enumerate([0.2, math.nan, 0.5, 0.4, 0.5], start=1):
        runner.epoch = epoch
        # A new hook each time: after a resume the best is still known.
        hook = AtomicCheckpointHook(best_metric="mAP")
        hook.after_val_epoch(runner, {"mAP": value})
    assert [path.name for path in tmp_path.glob("*.pth")] == ["best_epoch_3_0.500000.pth"]
    assert best_checkpoint(tmp_path) == (tmp_path / "best_epoch_3_0.500000.pth", 0.5)
    # Weights alone: nobody goes on from here.
    assert (tmp_path / "best_epoch_3_0.500000.pth").read_text() == "3 False"
