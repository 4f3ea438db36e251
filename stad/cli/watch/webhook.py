"""Post events to a URL as JSON, with retries, in a thread that never delays the run."""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable
from urllib.parse import urlsplit

from stad.errors import InputError
from stad.inference.live.events import Event

MAX_WAITING = 1000
TIMEOUT_SEC = 5.0
FIRST_PAUSE_SEC, MAX_PAUSE_SEC = 1.0, 60.0
MAX_TRIES = 8
# Answers after which the same request may succeed later.
RETRIED_CODES = frozenset({408, 425, 429})


class Webhook:
    """Posts each event, in order, as an object of ``Event.to_dict``.

    An event that cannot be delivered is sent again after 1, 2, 4 ... 60 seconds, up to eight times
    in all, but not if the receiver refuses it (4xx). If more than 1000 wait, the oldest is lost.

    Args:
        url: http:// or https://.
        log: takes a line when deliveries fail; called in another thread.
        first_pause_sec: the first pause.

    Raises:
        InputError: the URL is not one of these.
    """

    def __init__(
        self, url: str, *, log: Callable[[str], None], first_pause_sec: float = FIRST_PAUSE_SEC
    ) -> None:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise InputError(f"--webhook must be an http:// or https:// URL, got {url}.")
        self._url, self._log = url, log
        # The path is often a secret.
        self._name = urlsplit(url).hostname
        self._first_pause_sec = first_pause_sec
        self._waiting: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._give_up_sec = float("inf")
        self.num_lost = 0
        self._thread = threading.Thread(target=self._run, name="webhook", daemon=True)
        self._thread.start()

    def send(self, event: Event) -> None:
        """Queue an event; returns at once."""
        with self._changed:
            if len(self._waiting) >= MAX_WAITING:
                self._waiting.popleft()
                self.num_lost += 1
            self._waiting.append(json.dumps(event.to_dict()).encode())
            self._changed.notify()

    def close(self, timeout_sec: float = TIMEOUT_SEC) -> None:
        """Deliver the waiting events within this time; the rest is lost."""
        with self._changed:
            self._give_up_sec = time.monotonic() + timeout_sec
            self._closing.set()
            self._changed.notify()
        self._thread.join(timeout_sec + TIMEOUT_SEC)
        with self._changed:
            self.num_lost += len(self._waiting)
            self._waiting.clear()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing.is_set())
                if not self._waiting:
                    return
                body = self._waiting.popleft()
            delivered = self._deliver(body)
            with self._changed:
                self.num_lost += not delivered
                if time.monotonic() > self._give_up_sec:
                    return

    def _deliver(self, body: bytes) -> bool:
        pause_sec, failure = self._first_pause_sec, ""
        for attempt in range(MAX_TRIES):
            if attempt:
                self._pause(pause_sec)
                pause_sec = min(2 * pause_sec, MAX_PAUSE_SEC)
            if time.monotonic() > self._give_up_sec:
                return False
            try:
                self._post(body)
            except urllib.error.HTTPError as error:
                failure = f"answered {error.code}"
                error.close()
                if 400 <= error.code < 500 and error.code not in RETRIED_CODES:
                    self._log(f"webhook {self._name} {failure}: an event is lost")
                    return False
            except (OSError, http.client.HTTPException) as error:
                failure = f"cannot be reached ({getattr(error, 'reason', None) or error})"
            else:
                return True
            if attempt == 0:
                self._log(f"webhook {self._name} {failure}: it will be tried again")
        self._log(f"webhook {self._name} {failure}: an event is lost")
        return False

    def _pause(self, pause_sec: float) -> None:
        """Wait; closing shortens the wait to leave time for more tries."""
        if self._closing.wait(pause_sec):
            left_sec = self._give_up_sec - time.monotonic()
            time.sleep(max(min(self._first_pause_sec, left_sec), 0))

    def _post(self, body: bytes) -> None:
        request = urllib.request.Request(
            self._url, data=body, headers={"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT_SEC) as answer:
            answer.read()
