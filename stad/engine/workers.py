"""What is said when a process that loads data dies of a signal."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator

from mmengine.hooks import Hook
from torch.utils.data._utils.signal_handling import _error_if_any_worker_fails

from stad.errors import InputError

# The two messages of torch's DataLoader; the second says more, and may be the cause of the first.
GONE = re.compile(r"DataLoader worker \(pid\(s\) ([\d, ]+)\) exited unexpectedly")
KILLED = re.compile(r"DataLoader worker \(pid (\d+)\) is killed by signal: ([^.]+)")
# What the connection to a process raises that has gone.
CUT_OFF = (ConnectionError, EOFError, FileNotFoundError)
WAIT_STEPS, WAIT_STEP_SEC = 50, 0.02
ADVICE = {
    "Killed": (
        "that is what the system does when memory runs out: use fewer processes with "
        "--cfg-options {loader}.num_workers=1"
    ),
    "Bus error": (
        "that is what happens when shared memory is full: enlarge /dev/shm (docker run --shm-size "
        "8g), or load in this process with --cfg-options {loader}.num_workers=0"
    ),
}
OTHER_ADVICE = (
    "that is a fault in a library, often at one damaged video: load in this process with "
    "--cfg-options {loader}.num_workers=0 to see at which one"
)
# torch noticed too late to know how the process ended.
UNKNOWN_ADVICE = (
    "memory or shared memory (/dev/shm) may have run out, or a library has a fault at one damaged "
    "video: load in this process with --cfg-options {loader}.num_workers=0 to see which"
)


class LoaderHook(Hook):
    """Notes which loader is being read.

    Attributes:
        loader: its key in the config.
    """

    priority = "VERY_HIGH"

    def __init__(self) -> None:
        self.loader = "train_dataloader"

    def before_train_epoch(self, runner) -> None:
        """Training begins or goes on."""
        self.loader = "train_dataloader"

    def before_val_epoch(self, runner) -> None:
        """An evaluation begins."""
        self.loader = "val_dataloader"

    def after_val_epoch(self, runner, metrics: dict[str, float] | None = None) -> None:
        """An evaluation is over."""
        self.loader = "train_dataloader"


@contextlib.contextmanager
def worker_deaths(runner) -> Iterator[None]:
    """Turn the death of a process that loads data into an error that says which one, and why.

    Args:
        runner: mmengine's, which is run inside.

    Raises:
        InputError: a process died of a signal.
    """
    hook = LoaderHook()
    runner.register_hook(hook)
    try:
        yield
    except (RuntimeError, *CUT_OFF) as error:
        cause = _death_behind(error) if isinstance(error, CUT_OFF) else error
        message = death_message(cause, loader=hook.loader)
        if message is None:
            raise
        raise InputError(message) from error


def _death_behind(error: Exception) -> Exception:
    """Return what torch says of a process that died, or the error if none has.

    A process that dies while it hands over a tensor cuts the connection first; that it is dead
    can be seen a moment later.
    """
    try:
        for _ in range(WAIT_STEPS):
            _error_if_any_worker_fails()
            time.sleep(WAIT_STEP_SEC)
    except RuntimeError as death:
        return death
    return error


def death_message(error: BaseException, *, loader: str) -> str | None:
    """Return what happened to a process that loads data and what to do; None of other errors.

    Args:
        error: what torch raised.
        loader: key of the loader in the config.
    """
    texts = [str(one) for one in (error, error.__cause__, error.__context__) if one is not None]
    killed = next(filter(None, map(KILLED.search, texts)), None)
    gone = next(filter(None, map(GONE.search, texts)), None)
    if killed is None and gone is None:
        return None
    pid = killed[1] if killed else gone[1]
    cause = f"died of a signal ({killed[2]})" if killed else "ended without a word"
    advice = ADVICE.get(killed[2], OTHER_ADVICE) if killed else UNKNOWN_ADVICE
    who = f"a process that loads the data of {loader} (pid {pid})"
    return f"{who} {cause}; {advice.format(loader=loader)}"
