"""Run a function in a process of its own that is asked and answers over a pipe."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

STOP_SEC = 10.0


class ChildGone(Exception):
    """The process has ended; the message says of what, as the end of a sentence."""


class Child:
    """A process with a pipe; what it answers is read here.

    Args:
        target: a function of a module; runs in the process with its end of the pipe.
        args: more arguments, which can be pickled.
        name: of the process.
    """

    def __init__(self, target: Callable[..., None], *args: Any, name: str) -> None:
        # Not forked: a fork of a process with threads may wait for a lock for ever.
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_run, args=(target, theirs, *args), name=name, daemon=True
        )
        self._process.start()
        # The end of the process then ends the pipe.
        theirs.close()

    @property
    def pid(self) -> int | None:
        """Return the number of the process."""
        return self._process.pid

    def send(self, message: Any) -> None:
        """Send a message.

        Raises:
            ChildGone: the process has ended.
        """
        try:
            self._pipe.send(message)
        except (OSError, ValueError) as error:
            raise self._gone() from error

    def receive(self, timeout_sec: float) -> Any | None:
        """Return the next message; None if none comes in time.

        Raises:
            ChildGone: the process has ended.
        """
        try:
            return self._pipe.recv() if self._pipe.poll(timeout_sec) else None
        except (EOFError, OSError) as error:
            raise self._gone() from error

    def _gone(self) -> ChildGone:
        self._process.join(STOP_SEC)
        code = self._process.exitcode
        if code is None:
            return ChildGone("stopped answering")
        if code >= 0:
            return ChildGone(f"ended with code {code}")
        with contextlib.suppress(ValueError):
            return ChildGone(f"was ended by the signal {signal.Signals(-code).name}")
        return ChildGone(f"was ended by the signal {-code}")

    def stop(self, timeout_sec: float = STOP_SEC) -> None:
        """End the process: it is asked to, and killed if it does not within this time."""
        with contextlib.suppress(OSError, ValueError):
            self._pipe.send(None)
        self._process.join(timeout_sec)
        self.kill()

    def kill(self) -> None:
        """End the process at once."""
        if self._process.is_alive():
            self._process.kill()
        self._process.join(STOP_SEC)
        self._pipe.close()


def _run(target: Callable[..., None], pipe: Connection, *args: Any) -> None:
    # Ctrl-C reaches all processes of a terminal; the service tells its own when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    target(pipe, *args)


class Inbox:
    """The messages of the service, read in a thread of the child.

    None asks to stop. The end of the service, however it came, counts as that, too; a process
    that has not stopped a while later ends then.

    Args:
        pipe: the child's end.
        on_message: gets each message, in the thread; ``None`` too.
        end_sec: how long after the end of the service the process may take, seconds.
    """

    def __init__(
        self, pipe: Connection, *, on_message: Callable[[Any], None], end_sec: float = 60.0
    ) -> None:
        self._pipe, self._on_message, self._end_sec = pipe, on_message, end_sec
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def _read(self) -> None:
        while True:
            try:
                message = self._pipe.recv()
            except (EOFError, OSError):
                timer = threading.Timer(self._end_sec, os._exit, (1,))
                timer.daemon = True
                timer.start()
                self._on_message(None)
                return
            self._on_message(message)
