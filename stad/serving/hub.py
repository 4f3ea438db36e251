"""Pass news to those who listen over server-sent events; a slow listener gets the newest only."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator
from typing import Any

MAX_LISTENERS = 200
# Proxies end connections on which nothing comes.
BEAT_SEC = 15.0
BEAT = ": still here\n\n"


def sse(event: str, data: Any, *, number: int | None = None) -> str:
    """Return a server-sent event.

    Args:
        event: its name.
        data: JSON values.
        number: which a client that lost the connection sends when it is back.
    """
    head = "" if number is None else f"id: {number}\n"
    return f"{head}event: {event}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"


class Listener:
    """The news for one listener: the last ones of each thing, so memory is bounded.

    Args:
        loop: in which it listens.
        only: news of this thing; None for all.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, only: str | None) -> None:
        self._loop, self.only = loop, only
        self._news: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()
        self._changed = asyncio.Event()

    def put(self, event: str, key: str, data: Any) -> None:
        """Add news; may be called in any thread."""
        with self._lock:
            self._news.pop((event, key), None)
            self._news[event, key] = data
        self.wake()

    def wake(self) -> None:
        """Let ``take`` return; may be called in any thread."""
        # The loop may have ended.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._changed.set)

    async def take(self, timeout_sec: float) -> list[tuple[str, Any]]:
        """Return the names and data of what is new, none after the timeout."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_sec):
                await self._changed.wait()
        self._changed.clear()
        with self._lock:
            news, self._news = self._news, {}
        return [(event, data) for (event, _), data in news.items()]


class Hub:
    """Knows who listens."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._lock = threading.Lock()
        self.is_closed = False

    @property
    def num_listeners(self) -> int:
        """Return the number of listeners."""
        return len(self._listeners)

    @property
    def is_full(self) -> bool:
        """True if no one else may listen."""
        return len(self._listeners) >= MAX_LISTENERS

    def publish(self, event: str, key: str, data: Any) -> None:
        """Tell the listeners; may be called in any thread.

        Args:
            event: kind of news, such as 'job'.
            key: the thing; newer news replace those that a listener has not taken yet.
            data: JSON values.
        """
        with self._lock:
            listeners = [one for one in self._listeners if one.only in (None, key)]
        for listener in listeners:
            listener.put(event, key, data)

    def close(self) -> None:
        """Let all listeners end."""
        self.is_closed = True
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener.wake()

    @contextlib.contextmanager
    def listening(self, only: str | None = None) -> Any:
        """Give a listener; it hears what is published in the block."""
        listener = Listener(asyncio.get_running_loop(), only)
        with self._lock:
            self._listeners.add(listener)
        try:
            yield listener
        finally:
            with self._lock:
                self._listeners.discard(listener)

    async def stream(self, listener: Listener) -> AsyncIterator[tuple[str, Any] | None]:
        """Yield the news for a listener until the service ends; None where a beat is due."""
        while not self.is_closed:
            news = await listener.take(BEAT_SEC)
            for one in news:
                yield one
            if not news and not self.is_closed:
                yield None
