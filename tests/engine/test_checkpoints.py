"""Checkpoints: whole or not at all, the newest few, and the best."""

import logging
import math
from types import SimpleNamespace

import pytest

from stad.engine.checkpoints import (
    LAST,
    AtomicCheckpointHook,
    best_checkpoint,
    newest_checkpoint,
)
from stad.errors import InputError
from stad.utils.files import atomic_write


class Runner(SimpleNamespace):
    """What the hook needs of mmengine's runner: it writes a file."""

    def save_checkpoint(self, folder, name, **options):
        (self.path / name).write_text(f"{self.epoch} {options['save_optimizer']}")


def test_a_third_is_not_better_than_the_third_in_a_name(runner, tmp_path):
    for epoch in (1, 2):
        runner.epoch = epoch
        AtomicCheckpointHook(best_metric="top1").after_val_epoch(runner, {"top1": 1 / 3})
    assert [path.name for path in tmp_path.glob("*.pth")] == ["best_epoch_1_0.333333.pth"]


def test_the_checkpoint_to_go_on_from_is_that_of_this_folder(tmp_path):
    assert newest_checkpoint(tmp_path) is None
    # As it was written before the folder was moved.
    (tmp_path / LAST).write_text("/somewhere/else/epoch_3.pth")
    with pytest.raises(InputError, match=r"names epoch_3\.pth, which is missing"):
        newest_checkpoint(tmp_path)
    (tmp_path / "epoch_3.pth").touch()
    assert newest_checkpoint(tmp_path) == tmp_path / "epoch_3.pth"


@pytest.fixture
def runner(tmp_path):
    return Runner(
        path=tmp_path,
        work_dir=str(tmp_path),
        epoch=0,
        iter=0,
        max_epochs=9,
        logger=logging.getLogger("runner"),
    )


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.pth"
    path.write_text("old")

    def write(part):
        part.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        atomic_write(path, write)
    assert path.read_text() == "old"
    atomic_write(path, lambda part: part.write_text("new"))
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
    for epoch, value in enumerate([0.2, math.nan, 0.5, 0.4, math.inf], start=1):
        runner.epoch = epoch
        if epoch == 4:
            # The run was killed when it had just written the third one.
            (tmp_path / "best_epoch_1_0.200000.pth").write_text("1 False")
        # A new hook each time: after a resume the best is still known.
        hook = AtomicCheckpointHook(best_metric="mAP")
        hook.after_val_epoch(runner, {"mAP": value})
    assert [path.name for path in tmp_path.glob("*.pth")] == ["best_epoch_3_0.500000.pth"]
    assert best_checkpoint(tmp_path) == (tmp_path / "best_epoch_3_0.500000.pth", 0.5)
    # Weights alone: nobody goes on from here.
    assert (tmp_path / "best_epoch_3_0.500000.pth").read_text() == "3 False"
