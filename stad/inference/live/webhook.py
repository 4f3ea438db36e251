"""Post events to a URL as JSON, with retries, in threads that never delay the run."""

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

# A receiver that is away for a while gets what happened; each event takes about half a KB.
MAX_WAITING = 10_000
# Requests at once, to a receiver that cannot keep up; each further one needs eight more events
# that wait, or one that waits this long.
MAX_SENDERS, WAITING_PER_SENDER, MAX_WAIT_SEC = 8, 8, 10.0
TIMEOUT_SEC = 5.0
FIRST_PAUSE_SEC, MAX_PAUSE_SEC = 1.0, 60.0
# About a quarter of an hour.
MAX_TRIES = 20
# Answers after which the same request may succeed later.
RETRIED_CODES = frozenset({408, 425, 429})


class Webhook:
    """Posts each event as an object of ``Event.to_dict``.

    An event that cannot be delivered is sent again after 1, 2, 4 ... 60 seconds, up to 20 times in
    all, but not if the receiver refuses it (4xx). If more than 10,000 wait, the oldest is lost.
    Events arrive in order as long as the receiver keeps up; else up to eight are sent at once.

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
        # Since when each waits, seconds (monotonic).
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._give_up_sec = float("inf")
        self.num_lost = 0
        self._num_sending, self._is_over = 0, False
        self._senders: list[threading.Thread] = []
        with self._changed:
            self._start_sender()

    def _start_sender(self) -> None:
        is_first = not self._senders
        sender = threading.Thread(target=self._run, args=(is_first,), name="webhook", daemon=True)
        self._senders.append(sender)
        sender.start()

    def _add_senders(self) -> None:
        """Send more at once if too many events wait, or too long; with the lock held."""
        self._senders[1:] = [one for one in self._senders[1:] if one.is_alive()]
        number, waiting = len(self._senders), self._waiting
        if not waiting or number >= MAX_SENDERS:
            return
        is_late = time.monotonic() - waiting[0][0] > MAX_WAIT_SEC
        if is_late or len(waiting) > number * WAITING_PER_SENDER or self._closing.is_set():
            self._start_sender()

    def send(self, event: Event) -> None:
        """Queue an event; returns at once."""
        with self._changed:
            if len(self._waiting) >= MAX_WAITING:
                self._waiting.popleft()
                self.num_lost += 1
            self._waiting.append((time.monotonic(), json.dumps(event.to_dict()).encode()))
            self._add_senders()
            self._changed.notify()

    def close(self, timeout_sec: float = TIMEOUT_SEC) -> None:
        """Deliver the waiting events within this time; the rest is lost."""
        with self._changed:
            self._give_up_sec = time.monotonic() + timeout_sec
            self._closing.set()
            for _ in range(min(len(self._waiting), MAX_SENDERS)):
                self._add_senders()
            self._changed.notify_all()
        until_sec = self._give_up_sec + TIMEOUT_SEC
        for sender in self._senders:
            sender.join(max(until_sec - time.monotonic(), 0.0))
        with self._changed:
            # A receiver that says a little now and then holds an event longer than the time limit.
            self.num_lost += len(self._waiting) + self._num_sending
            self._is_over = True
            self._waiting.clear()

    def _run(self, stays: bool) -> None:
        """Deliver what comes; unless ``stays``, end when nothing has come for a while."""
        patience_sec = None if stays else MAX_WAIT_SEC
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._waiting or self._closing.is_set(), patience_sec
                )
                if not self._waiting:
                    return
                _, body = self._waiting.popleft()
                self._num_sending += 1
            delivered = self._deliver(body)
            with self._changed:
                self._num_sending -= 1
                self.num_lost += not (delivered or self._is_over)
                if time.monotonic() >= self._give_up_sec:
                    return

    def _deliver(self, body: bytes) -> bool:
        pause_sec, failure = self._first_pause_sec, ""
        for attempt in range(MAX_TRIES):
            if attempt:
                self._pause(pause_sec)
                pause_sec = min(2 * pause_sec, MAX_PAUSE_SEC)
            if time.monotonic() >= self._give_up_sec:
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
        # What the receiver says is not read: it could go on for ever.
        urllib.request.urlopen(request, timeout=TIMEOUT_SEC).close()
