"""Limit how often a client may ask."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

# Clients that are remembered; of more, the ones that asked longest ago are forgotten.
MAX_CLIENTS = 10_000
# A page with its job list, its images and its events asks several times at once.
BURST_SEC = 2.0


class RateLimit:
    """Counts the requests of each client: a number per second, and twice that at once.

    Args:
        per_sec: requests per second.
        now: the clock, seconds.
    """

    def __init__(self, per_sec: float, *, now: Callable[[], float] = time.monotonic) -> None:
        self._per_sec, self._now = per_sec, now
        self._burst = max(per_sec * BURST_SEC, 1.0)
        # Client -> what it may still ask, and when that was so.
        self._clients: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def ask(self, client: str) -> float:
        """Count a request; return 0, or the seconds after which it would be accepted."""
        now = self._now()
        left, since = self._clients.pop(client, (self._burst, now))
        left = min(left + (now - since) * self._per_sec, self._burst)
        is_accepted = left >= 1.0
        self._clients[client] = (left - is_accepted, now)
        if len(self._clients) > MAX_CLIENTS:
            self._clients.popitem(last=False)
        return 0.0 if is_accepted else (1.0 - left) / self._per_sec
