"""A receiver of events that is slow, refuses, fails or says nothing, in virtual time."""

from __future__ import annotations

import io
import json
import urllib.error
from email.message import Message

from tests.robustness.virtual_time import VirtualTime

MOODS = ("answers", "slow", "refuses", "answers", "silent", "fails", "answers", "rejects", "silent")
SLOW_SEC = 4.5


class Receiver:
    """Takes the place of ``urllib.request.urlopen``; its mood changes with the time.

    Args:
        clock: of the run.
        length_sec: of the run; every mood lasts as long as the others.

    Attributes:
        taken: (time, event) that it has got, seconds of the clock.
        rejected: events that it does not want.
    """

    def __init__(self, clock: VirtualTime, length_sec: float) -> None:
        self._clock, self._begin_sec = clock, clock.now_sec
        self._mood_sec = length_sec / len(MOODS)
        self.taken: list[tuple[float, dict]] = []
        self.rejected: list[dict] = []

    def mood(self, time_sec: float) -> str:
        """Return its mood at a time, seconds of the clock."""
        place = int((time_sec - self._begin_sec) / self._mood_sec)
        return MOODS[min(place, len(MOODS) - 1)]

    def urlopen(self, request, timeout):
        """Answer a request as the mood is."""
        mood = self.mood(self._clock.now_sec)
        if mood == "refuses":
            raise urllib.error.URLError(ConnectionRefusedError(111, "Connection refused"))
        if mood == "silent":
            self._clock.sleep(timeout)
            raise TimeoutError("timed out")
        if mood == "fails":
            raise urllib.error.HTTPError(request.full_url, 500, "", Message(), io.BytesIO())
        if mood == "slow":
            self._clock.sleep(SLOW_SEC)
        event = json.loads(request.data)
        if mood == "rejects":
            self.rejected.append(event)
            raise urllib.error.HTTPError(request.full_url, 404, "", Message(), io.BytesIO())
        self.taken.append((self._clock.now_sec, event))
        return io.BytesIO()
