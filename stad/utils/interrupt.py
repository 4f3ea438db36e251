"""Ctrl-C that lets the work at hand come to a clean end."""

from __future__ import annotations

import signal
import sys
import threading
import time

from stad.utils.supervisor import is_supervised

# One signal to all processes of a run arrives directly and passed on by the supervisor.
ECHO_SEC = 0.3


class StopRequest:
    """Notes the first Ctrl-C (or SIGTERM) instead of raising; the second one raises.

    Used as a context manager; outside the main thread, where signals do not arrive, it does
    nothing.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self.requested = False
        self._requested_sec = 0.0
        self._before: dict = {}

    def __enter__(self) -> StopRequest:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._note) for number in self.SIGNALS}
        return self

    def __exit__(self, *_) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, _frame) -> None:
        now_sec = time.monotonic()
        if self.requested:
            if is_supervised() and now_sec - self._requested_sec < ECHO_SEC:
                return
            raise KeyboardInterrupt
        self.requested, self._requested_sec = True, now_sec
        print("\nstopping; once more stops at once", file=sys.stderr)
