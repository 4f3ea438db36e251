"""Watch a live source in a process of its own and send its events to the service."""

from __future__ import annotations

import signal
import threading
import time
import urllib.error
from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from stad.errors import InputError
from stad.inference.live.events import Event
from stad.inference.live.webhook import TIMEOUT_SEC, Webhook
from stad.inference.options import InferenceOptions, LiveOptions
from stad.serving.addresses import open_connection, send_request, split_url
from stad.serving.child import Inbox
from stad.serving.messages import Broken, Log, Refused

STATUS_SEC = 1.0
MAX_ANSWER_BYTES = 1 << 16


@dataclass(frozen=True, kw_only=True)
class LiveTask:
    """A live source to watch.

    Attributes:
        source: camera, URL or file.
        webhook: events are posted there, too; None for none.
        allow_private: the webhook may be at a private address.
        max_latency_sec: as in ``LiveOptions``.
    """

    source: str
    webhook: str | None = None
    allow_private: bool = False
    max_latency_sec: float = LiveOptions.max_latency_sec


@dataclass(frozen=True)
class LiveEvent:
    """An action begins or ends; ``values`` as of ``Event.to_dict``."""

    values: dict[str, Any]


@dataclass(frozen=True)
class LiveStatus:
    """A line that says how the run is going."""

    text: str


@dataclass(frozen=True)
class LiveOver:
    """The source has ended, or was stopped; ``summary`` says what was done."""

    summary: str


class _Stop:
    """Notes when the run should stop."""

    def __init__(self) -> None:
        self.requested = False
        signal.signal(signal.SIGTERM, self._on_signal)

    def take(self, _message: object) -> None:
        """Take a message of the service, which only ever asks to stop."""
        self.requested = True

    def _on_signal(self, _number: int, _frame: object) -> None:
        self.requested = True


def watch(pipe: Connection, task: LiveTask, options: InferenceOptions) -> None:
    """Watch a source until it ends or the service asks to stop.

    Args:
        pipe: to the service.
        task: the source.
        options: of the run.
    """
    stop, lock = _Stop(), threading.Lock()
    Inbox(pipe, on_message=stop.take)

    def send(message: Any) -> None:
        # The threads of the source and of the webhook have something to say, too.
        with lock:
            pipe.send(message)

    try:
        _watch(send, task, options, stop)
    except InputError as error:
        send(Refused(str(error)))
    except BrokenPipeError:
        # The service has ended.
        return
    except Exception as error:
        send(Broken(f"{type(error).__name__}: {str(error)[:500]}"))
        raise


def _watch(
    send: Callable[[Any], None], task: LiveTask, options: InferenceOptions, stop: _Stop
) -> None:
    from stad.inference.live.setup import prepare_watch
    from stad.video.live import LiveSource

    def log(text: str) -> None:
        send(Log(text))

    webhook = None
    if task.webhook:
        webhook = ConfinedWebhook(task.webhook, allow_private=task.allow_private, log=log)
    with closing(webhook) if webhook else nullcontext():
        source = LiveSource(task.source, max_latency_sec=task.max_latency_sec, log=log)
        setup = prepare_watch(
            source, options, max_latency_sec=task.max_latency_sec, progress=False, log=log
        )
        sinks = _Sinks(send, webhook)
        watcher = setup.open_watcher(source, sinks)
        watcher.run(stop)
        send(LiveOver(watcher.stats.status(source.num_dropped)))


class ConfinedWebhook(Webhook):
    """Posts events, and follows neither redirects nor names that lead to private addresses.

    Args:
        url: http:// or https://.
        allow_private: private addresses may be called.
        log: takes a line when deliveries fail.
    """

    def __init__(self, url: str, *, allow_private: bool, log: Callable[[str], None]) -> None:
        self._parts, self._allow_private = split_url(url), allow_private
        super().__init__(url, log=log)

    def _post(self, body: bytes) -> None:
        parts = self._parts
        try:
            connection = open_connection(
                parts, allow_private=self._allow_private, timeout_sec=TIMEOUT_SEC
            )
        except InputError as error:
            raise OSError(str(error)) from error
        with closing(connection):
            answer = send_request(
                connection, "POST", parts, body=body, headers={"Content-Type": "application/json"}
            )
            answer.read(MAX_ANSWER_BYTES)
            if answer.status >= 300:
                raise urllib.error.HTTPError("", answer.status, "", answer.headers, None)


class _Sinks:
    """Sends events and the status to the service; see ``WatchSinks``."""

    wants_to_stop = False

    def __init__(self, send: Callable[[Any], None], webhook: Webhook | None) -> None:
        self._send, self._webhook = send, webhook
        self._shown_sec = 0.0

    def take_frame(self, frame: object) -> None:
        """Drop the frame."""

    def take_result(self, result: object) -> None:
        """Drop the result."""

    def take_events(self, events: list[Event]) -> None:
        """Pass on starts and ends of actions."""
        for event in events:
            self._send(LiveEvent(event.to_dict()))
            if self._webhook is not None:
                self._webhook.send(event)

    def take_status(self, text: str) -> None:
        """Pass on the line, once a second."""
        now_sec = time.monotonic()
        if now_sec - self._shown_sec >= STATUS_SEC:
            self._shown_sec = now_sec
            self._send(LiveStatus(text))

    def advance(self) -> None:
        """Do nothing."""

    def end_session(self) -> None:
        """Do nothing."""
