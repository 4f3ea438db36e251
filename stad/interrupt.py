"""Ctrl-C that lets the work at hand come to a clean end."""

from __future__ import annotations

import signal
import sys
import threading


class StopRequest:
    """Notes the first Ctrl-C (or SIGTERM) instead of raising; the second one raises.

    Used as a context manager; outside the main thread, where signals do not arrive, it does
    nothing.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self.requested = False
        self._before: dict = {}

    def __enter__(self) -> StopRequest:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._note) for number in self.SIGNALS}
        return self

    def __exit__(self, *_) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, _frame) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        print("\nstopping; once more stops at once", file=sys.stderr)
