"""Processes that load data and die: which one, of what, and what avoids it."""

import os
import signal

import pytest
import torch
from mmengine.hooks import Hook
from torch.utils.data import DataLoader, Dataset

from stad.engine.workers import LoaderHook, death_message, worker_deaths
from stad.errors import InputError


class Deadly(Dataset):
    """Item 2 kills the process that loads it."""

    def __init__(self, number):
        self._number = number

    def __len__(self):
        return 4

    def __getitem__(self, index):
        if index == 2:
            os.kill(os.getpid(), self._number)
        return torch.zeros(1)


class Runner:
    """Holds the hooks, as mmengine's runner does."""

    def __init__(self):
        self.hooks: list[Hook] = []

    def register_hook(self, hook):
        self.hooks.append(hook)


def evaluate(dataset):
    """Read a data set in another process, as an evaluation does."""
    runner = Runner()
    with worker_deaths(runner):
        runner.hooks[0].before_val_epoch(runner)
        list(DataLoader(dataset, num_workers=1))


@pytest.mark.parametrize(
    ("number", "name", "advice"),
    [
        (signal.SIGKILL, "Killed", "memory runs out: use fewer processes with --cfg-options "),
        (signal.SIGSEGV, "Segmentation fault", "num_workers=0 to see which one"),
        (signal.SIGABRT, "Aborted", "num_workers=0 to see which one"),
        (signal.SIGBUS, "Bus error", "shared memory is full: enlarge /dev/shm"),
    ],
    ids=lambda value: value.name if isinstance(value, signal.Signals) else "",
)
def test_a_real_death(number, name, advice):
    with pytest.raises(InputError) as raised:
        evaluate(Deadly(number))
    said = str(raised.value)
    assert said.startswith("A process that loads the data of val_dataloader (pid ")
    # torch may notice a process that is gone before it knows of which signal.
    if "ended without a message" not in said:
        assert f"died of a signal ({name})" in said
        assert advice in said
    assert "--cfg-options val_dataloader.num_workers=" in said


def test_other_errors_stay():
    with pytest.raises(RuntimeError, match=r"^shapes$"), worker_deaths(Runner()):
        raise RuntimeError("shapes")
    assert death_message(RuntimeError("DataLoader timed out"), loader="train_dataloader") is None


def test_a_connection_that_was_cut_by_nobody_who_died_stays(monkeypatch):
    monkeypatch.setattr("stad.engine.workers.WAIT_STEPS", 2)
    with pytest.raises(ConnectionResetError, match="peer"), worker_deaths(Runner()):
        raise ConnectionResetError("peer")


def test_a_process_that_ended_without_a_signal():
    error = RuntimeError("DataLoader worker (pid(s) 17, 18) exited unexpectedly")
    said = death_message(error, loader="train_dataloader")
    assert said.startswith("A process that loads the data of train_dataloader (pid 17, 18) ended")
    assert said.endswith("--cfg-options train_dataloader.num_workers=0 to see which.")


def test_which_loader_is_read():
    hook = LoaderHook()
    assert hook.loader == "train_dataloader"
    hook.before_val_epoch(None)
    assert hook.loader == "val_dataloader"
    hook.after_val_epoch(None)
    assert hook.loader == "train_dataloader"
