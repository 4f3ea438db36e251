"""Give up calls into decoders that do not return."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from stad.errors import InputError
from stad.utils.limits import DECODE_SEC

Result = TypeVar("Result")

# What a disk reads at a minimum, for calls that read a whole file, bytes per second.
MIN_RATE = 10e6


class StuckError(InputError):
    """A decoder did not return in time; it may never do so."""


class _Worker(Generic[Result]):
    """A thread that does one call after the other; it never keeps the process alive."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[Callable[[], Result]] = queue.SimpleQueue()
        self.ends: queue.SimpleQueue[tuple[Result | None, BaseException | None]] = (
            queue.SimpleQueue()
        )
        threading.Thread(target=self._work, name="stad-decoder", daemon=True).start()

    def _work(self) -> None:
        while True:
            call = self.calls.get()
            try:
                end = call(), None
            except BaseException as error:
                end = None, error
            self.ends.put(end)
            # What it opened must not stay open until the next call.
            del call, end


# Threads without a call. Those of the parent do not exist in a process that was forked.
_idle: list[_Worker] = []
os.register_at_fork(after_in_child=_idle.clear)


def within_limit(
    call: Callable[[], Result], path: str | Path, *, whole_file: bool = False
) -> Result:
    """Return the result of a call into a decoder, which runs in another thread.

    A call that does not return keeps its thread and what it uses; the caller goes on without it.
    The handover takes about 20 microseconds, where decoding a frame takes a thousand.

    Args:
        call: lets other threads run while it decodes, as decord and PyAV do.
        path: of the file that is read.
        whole_file: whether the call reads all of it, which may take longer.

    Raises:
        StuckError: the call took longer than ``limits.DECODE_SEC``.
    """
    limit_sec = DECODE_SEC.value
    if whole_file and Path(path).is_file():
        limit_sec += Path(path).stat().st_size / MIN_RATE
    try:
        worker: _Worker[Result] = _idle.pop()
    except IndexError:
        worker = _Worker()
    worker.calls.put(call)
    try:
        result, error = worker.ends.get(timeout=limit_sec)
    except queue.Empty:
        raise StuckError(
            f"{path} cannot be read: the decoder did not return within {limit_sec:g} s. The file "
            f"is damaged, or its disk is very slow: {DECODE_SEC.variable} sets another limit."
        ) from None
    _idle.append(worker)
    if error is not None:
        raise error
    return result  # pyright: ignore[reportReturnType]
