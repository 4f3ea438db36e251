"""Start and stop live sources: each is watched in a process of its own."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from stad.errors import InputError
from stad.serving.addresses import allowed_addresses, split_url
from stad.serving.child import Child, ChildGone
from stad.serving.errors import ServiceError, not_found, too_many
from stad.serving.hub import Hub
from stad.serving.jobs import new_id
from stad.serving.live_worker import LiveEvent, LiveOver, LiveStatus, LiveTask, watch
from stad.serving.messages import Broken, Log, Refused
from stad.serving.settings import ServiceSettings
from stad.video.live import public_name

SCHEMES = ("rtsp", "rtsps", "http", "https")
MAX_EVENTS, MAX_LINES, MAX_ENDED = 1000, 20, 20
POLL_SEC = 0.2
# How long the last windows of a source may take after it was asked to stop.
STOP_SEC = 15.0


class LiveState(StrEnum):
    """The state of a live source."""

    STARTING = "starting"
    WATCHING = "watching"
    ENDED = "ended"
    FAILED = "failed"


@dataclass
class LiveRun:
    """A live source that is or was watched.

    Attributes:
        id: made by the service.
        name: of the source, without passwords.
        state: how it is.
        message: why it failed; else ''.
        status: how it goes, in a line.
        started_at: seconds since 1970.
        ended_at: the same; None while it is watched.
        num_events: so far.
        events: the last ones, each with its number, from 1.
        lines: the last ones that the run has printed.
    """

    id: str
    name: str
    state: LiveState = LiveState.STARTING
    message: str = ""
    status: str = ""
    started_at: float = field(default_factory=time.time)
    ended_at: float | None = None
    num_events: int = 0
    events: deque[tuple[int, dict[str, Any]]] = field(
        default_factory=lambda: deque(maxlen=MAX_EVENTS)
    )
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=MAX_LINES))
    _stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def is_over(self) -> bool:
        """True if it is not watched any more."""
        return self.state in (LiveState.ENDED, LiveState.FAILED)

    def end(self, state: LiveState, *, message: str = "") -> None:
        """Note that it is not watched any more; the state comes last, as others read it."""
        self.ended_at = time.time()
        self.message = message
        self.state = state

    def values(self) -> dict[str, Any]:
        """Return what clients see, as JSON values."""
        return {
            "id": self.id,
            "source": self.name,
            "state": self.state.value,
            "message": self.message,
            "status": self.status,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "num_events": self.num_events,
            "lines": list(self.lines),
        }

    def events_after(self, number: int) -> list[tuple[int, dict[str, Any]]]:
        """Return the events with larger numbers that are still known."""
        return [one for one in list(self.events) if one[0] > number]


class LiveSources:
    """The live sources of a service.

    Args:
        settings: of the service.
        hub: hears of changes.
        log: takes lines.
    """

    def __init__(self, settings: ServiceSettings, hub: Hub, *, log: Callable[[str], None]) -> None:
        self._settings, self._hub, self._log = settings, hub, log
        self._runs: dict[str, LiveRun] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()

    @property
    def num_watched(self) -> int:
        """Return the number of sources that are watched."""
        return sum(not one.is_over for one in list(self._runs.values()))

    def runs(self) -> list[LiveRun]:
        """Return the sources, newest first; of those that have ended, the last ones."""
        return sorted(self._runs.copy().values(), key=lambda one: -one.started_at)

    def get(self, run_id: str) -> LiveRun:
        """Return a source.

        Raises:
            ServiceError: there is none of this id.
        """
        run = self._runs.get(run_id)
        if run is None:
            raise not_found("live source")
        return run

    def start(self, source: str, *, webhook: str | None = None) -> LiveRun:
        """Start to watch a source.

        Args:
            source: a name of the settings, or a URL where these allow it.
            webhook: URL to which events are posted; None for none.

        Raises:
            ServiceError: it may not be started, or too many are watched.
            InputError: a URL cannot be used.
        """
        address, name = self._address(source)
        if webhook is not None:
            self._check_webhook(webhook)
        task = LiveTask(source=address, webhook=webhook, allow_private=self._settings.allow_private)
        with self._lock:
            if self.num_watched >= self._settings.max_live:
                raise too_many(
                    f"{self._settings.max_live} live sources are watched, which is the limit. "
                    "Stop one.",
                    retry_sec=60,
                )
            run = LiveRun(new_id(), name)
            self._runs[run.id] = run
            self._forget_old()
            thread = threading.Thread(
                target=self._watch, args=(run, task), name=f"live {run.id}", daemon=True
            )
            self._threads[run.id] = thread
            thread.start()
        self._changed(run)
        return run

    def stop(self, run_id: str) -> LiveRun:
        """Ask a source to stop; the ends of its actions still come."""
        run = self.get(run_id)
        run._stopping.set()
        return run

    def close(self) -> None:
        """Stop all sources and wait for them."""
        for run in self.runs():
            run._stopping.set()
        for thread in list(self._threads.values()):
            thread.join()

    def _address(self, source: str) -> tuple[str, str]:
        """Return what FFmpeg opens, and the name for users."""
        if source in self._settings.live:
            return self._settings.live[source], source
        if not self._settings.allow_live_urls:
            raise not_found("live source")
        split_url(source, schemes=SCHEMES)
        return source, public_name(source)

    def _check_webhook(self, url: str) -> None:
        if not self._settings.allow_urls:
            raise ServiceError(
                HTTPStatus.FORBIDDEN, "This service takes no URLs: it was started without them."
            )
        parts = split_url(url)
        allowed_addresses(
            parts.hostname or "", parts.port or 443, allow_private=self._settings.allow_private
        )

    def _forget_old(self) -> None:
        ended = sorted(
            (one for one in self._runs.values() if one.is_over), key=lambda one: one.started_at
        )
        for run in ended[: max(len(ended) - MAX_ENDED, 0)]:
            del self._runs[run.id]
            self._threads.pop(run.id, None)
            self._hub.publish("live-removed", run.id, {"id": run.id})

    def _changed(self, run: LiveRun) -> None:
        self._hub.publish("live", run.id, run.values())

    def _watch(self, run: LiveRun, task: LiveTask) -> None:
        child = Child(watch, task, self._settings.inference, name=f"stad-live-{run.id}")
        try:
            self._follow(run, child)
        except ChildGone as gone:
            run.end(LiveState.FAILED, message=run.message or f"The process that watched it {gone}.")
        finally:
            child.kill()
            if not run.is_over:
                run.end(LiveState.ENDED)
            self._changed(run)
            if run.message:
                self._log(f"live {run.name}: {run.message}")

    def _follow(self, run: LiveRun, child: Child) -> None:
        asked_sec = None
        while not run.is_over:
            message = child.receive(POLL_SEC)
            if message is not None:
                self._take(run, message)
            if run._stopping.is_set() and asked_sec is None:
                child.send(None)
                asked_sec = time.monotonic()
            if asked_sec is not None and time.monotonic() - asked_sec > STOP_SEC:
                return

    def _take(self, run: LiveRun, message: Any) -> None:
        if isinstance(message, LiveEvent):
            run.num_events += 1
            run.events.append((run.num_events, {**message.values, "source": run.name}))
        elif isinstance(message, LiveStatus):
            run.state, run.status = LiveState.WATCHING, message.text
        elif isinstance(message, Log):
            run.lines.append(message.text)
        elif isinstance(message, LiveOver):
            run.status = message.summary
            run.end(LiveState.ENDED)
        elif isinstance(message, Refused):
            run.end(LiveState.FAILED, message=message.message)
        elif isinstance(message, Broken):
            run.end(LiveState.FAILED, message=message.reason)
        self._changed(run)


def check_live(sources: dict[str, str]) -> None:
    """Raise InputError for a name that cannot be in an address."""
    for name in sources:
        if not name or not name.isprintable() or "/" in name:
            raise InputError(
                f"--live {name}=...: the name must be plain text without '/', such as door."
            )
