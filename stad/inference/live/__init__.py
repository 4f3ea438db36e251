"""Find out who does what now: frames of a live source in, events out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stad.utils.lazy import lazy_exports

if TYPE_CHECKING:
    from stad.inference.live.events import Event, EventTracker
    from stad.inference.live.setup import WatchSetup, prepare_watch
    from stad.inference.live.stream import EventStream
    from stad.inference.live.watcher import Watcher, WatchSinks

__all__ = [
    "Event",
    "EventStream",
    "EventTracker",
    "WatchSetup",
    "WatchSinks",
    "Watcher",
    "prepare_watch",
]

_MODULES = {
    "Event": "events",
    "EventStream": "stream",
    "EventTracker": "events",
    "WatchSetup": "setup",
    "WatchSinks": "watcher",
    "Watcher": "watcher",
    "prepare_watch": "setup",
}

__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
