"""Explain the death of a process that loads data."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator

from mmengine.hooks import Hook
from torch._C import _error_if_any_worker_fails

from stad.errors import InputError

# The two messages of torch's DataLoader; the second is more precise and may cause the first.
GONE = re.compile(r"DataLoader worker \(pid\(s\) ([\d, ]+)\) exited unexpectedly")
KILLED = re.compile(r"DataLoader worker \(pid (\d+)\) is killed by signal: ([^.]+)")
# Errors of the connection to a process that has ended.
CUT_OFF = (ConnectionError, EOFError, FileNotFoundError)
# A busy machine can need seconds to end a process that writes a core dump.
WAIT_STEPS, WAIT_STEP_SEC = 250, 0.02
ADVICE = {
    "Killed": (
        "The system does this when memory runs out: use fewer processes with --cfg-options "
        "{loader}.num_workers=1"
    ),
    "Bus error": (
        "This happens when shared memory is full: enlarge /dev/shm (docker run --shm-size 8g), or "
        "load in the main process with --cfg-options {loader}.num_workers=0"
    ),
}
OTHER_ADVICE = (
    "This is a fault in a library, often caused by a damaged video: load in the main process with "
    "--cfg-options {loader}.num_workers=0 to see which one"
)
# If torch noticed too late to know how the process ended.
UNKNOWN_ADVICE = (
    "Memory or shared memory (/dev/shm) may have run out, or a library failed at a damaged video: "
    "load in the main process with --cfg-options {loader}.num_workers=0 to see which"
)


class LoaderHook(Hook):
    """Records which loader is being read.

    Attributes:
        loader: its key in the config.
    """

    priority = "VERY_HIGH"

    def __init__(self) -> None:
        self.loader = "train_dataloader"

    def before_train_epoch(self, runner) -> None:
        """Record that training starts or continues."""
        self.loader = "train_dataloader"

    def before_val_epoch(self, runner) -> None:
        """Record that an evaluation starts."""
        self.loader = "val_dataloader"

    def after_val_epoch(self, runner, metrics: dict[str, float] | None = None) -> None:
        """Record that an evaluation has ended."""
        self.loader = "train_dataloader"


@contextlib.contextmanager
def worker_deaths(runner) -> Iterator[None]:
    """Turn the death of a process that loads data into an error that says which, and why.

    Args:
        runner: mmengine's runner, which is run in the block.

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
    """Return torch's error of a process that died, or ``error`` if none has.

    A process that dies while it sends a tensor cuts the connection first; its death shows a little
    later.
    """
    try:
        for _ in range(WAIT_STEPS):
            _error_if_any_worker_fails()
            time.sleep(WAIT_STEP_SEC)
    except RuntimeError as death:
        return death
    return error


def death_message(error: BaseException, *, loader: str) -> str | None:
    """Return what happened to a process that loads data and what to do; None for other errors.

    Args:
        error: the error of torch.
        loader: key of the loader in the config.
    """
    texts = [str(one) for one in (error, error.__cause__, error.__context__) if one is not None]
    killed = next(filter(None, map(KILLED.search, texts)), None)
    gone = next(filter(None, map(GONE.search, texts)), None)
    if killed is not None:
        pid, cause = killed[1], f"died of a signal ({killed[2]})"
        advice = ADVICE.get(killed[2], OTHER_ADVICE)
    elif gone is not None:
        pid, cause, advice = gone[1], "ended without a message", UNKNOWN_ADVICE
    else:
        return None
    process = f"A process that loads the data of {loader} (pid {pid})"
    return f"{process} {cause}. {advice.format(loader=loader)}."
