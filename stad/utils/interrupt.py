"""Let Ctrl-C end a run cleanly, after the current frame."""

from __future__ import annotations

import signal
import sys
import threading
import time

from stad.utils.supervisor import is_supervised

# A signal to all processes of a run arrives twice: directly, and from the supervisor.
ECHO_SEC = 0.3


class StopRequest:
    """Notes the first Ctrl-C (or SIGTERM) instead of raising; the second one raises.

    A context manager. Outside the main thread, where signals do not arrive, it does nothing.
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
        print("\nStopping. Press Ctrl-C again to quit immediately.", file=sys.stderr)
