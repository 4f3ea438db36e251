"""Give the events of a live source one by one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from stad.inference.live.events import Event
from stad.inference.live.setup import WatchSetup
from stad.inference.live.stats import Stats
from stad.structures import Frame, FrameResult
from stad.video.live import LiveSource


@dataclass
class _Stop:
    """Asks the watcher to stop."""

    requested: bool = False


class _EventBuffer:
    """Sinks that keep the events and nothing else."""

    wants_to_stop = False

    def __init__(self) -> None:
        self.events: deque[Event] = deque()

    def take_frame(self, frame: Frame) -> None:
        """Drop the frame."""

    def take_result(self, result: FrameResult) -> None:
        """Drop the result."""

    def take_events(self, events: list[Event]) -> None:
        """Keep the events."""
        self.events.extend(events)

    def take_status(self, text: str) -> None:
        """Drop the line."""

    def advance(self) -> None:
        """Do nothing."""

    def end_session(self) -> None:
        """Do nothing."""


class EventStream(Iterator[Event]):
    """An iterator of the ``Event``s of a live source, as actions begin and end.

    The source is read while the next event is awaited; frames that cannot be processed in time
    are dropped. It ends with the source, after ``duration_sec``, or on ``close()``, which also
    happens at the end of a ``with`` block and on Ctrl-C. After ``stop()`` the remaining windows
    are scored and the last events still come.

    Args:
        source: the live source.
        setup: models and options.
        duration_sec: how long to watch, seconds; None until the source ends.

    Attributes:
        class_names: of the model.
        stats: counts and delays so far.
    """

    def __init__(
        self, source: LiveSource, setup: WatchSetup, *, duration_sec: float | None = None
    ) -> None:
        self.class_names = setup.models.class_names
        self._source, self._buffer = source, _EventBuffer()
        watcher = setup.open_watcher(source, self._buffer, duration_sec=duration_sec)
        self.stats: Stats = watcher.stats
        self._stop = _Stop()
        self._steps = watcher.steps(self._stop)

    def __next__(self) -> Event:
        while not self._buffer.events:
            next(self._steps)
        return self._buffer.events.popleft()

    def stop(self) -> None:
        """Stop reading; the events so far and the ends of all actions still come."""
        self._stop.requested = True

    def close(self) -> None:
        """Stop at once and wait for the threads; no more events come."""
        self._steps.close()
        self._source.stop()
        self._buffer.events.clear()

    def __enter__(self) -> EventStream:
        return self

    def __exit__(self, *_) -> None:
        self.close()
