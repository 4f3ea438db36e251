"""Frames between the thread that reads and the one that looks: old ones give way to new ones."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass

from stad.structures import Frame

MAX_FRAMES = 64
MAX_BYTES = 256 * 2**20


@dataclass(frozen=True)
class LiveFrame:
    """A frame of a live stream.

    Attributes:
        frame: its time is in seconds since the first frame of the stream.
        due_sec: the moment at which it was live, on the monotonic clock.
        is_discontinuity: it does not continue the frame before: the stream was broken, or its clock
            jumped.
    """

    frame: Frame
    due_sec: float
    is_discontinuity: bool = False


class FrameQueue:
    """Hands frames from one thread to another; bounded in number, bytes and age.

    Args:
        max_latency_sec: frames that have been live longer ago are dropped, but for the newest.
    """

    def __init__(self, max_latency_sec: float) -> None:
        self._max_latency_sec = max_latency_sec
        self._frames: deque[LiveFrame] = deque()
        self._changed = threading.Condition()
        self._ended = False
        self.num_dropped = 0

    def put(self, live: LiveFrame) -> None:
        """Add a frame; the oldest ones go where there is no room."""
        most = min(MAX_FRAMES, max(2, MAX_BYTES // max(live.frame.image.nbytes, 1)))
        with self._changed:
            while len(self._frames) >= most:
                self._drop()
            self._frames.append(live)
            self._changed.notify()

    def get(self, timeout_sec: float) -> LiveFrame | None:
        """The oldest frame that is not too old; None if none comes in time or at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._frames or self._ended, timeout_sec)
            limit_sec = time.monotonic() - self._max_latency_sec
            while len(self._frames) > 1 and self._frames[0].due_sec < limit_sec:
                self._drop()
            return self._frames.popleft() if self._frames else None

    def _drop(self) -> None:
        """Drop the oldest frame; that it started anew is true of the next one then."""
        gone = self._frames.popleft()
        self.num_dropped += 1
        if gone.is_discontinuity and self._frames:
            first = self._frames[0]
            self._frames[0] = LiveFrame(first.frame, first.due_sec, is_discontinuity=True)

    def end(self) -> None:
        """Nothing more will be put in."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    @property
    def is_over(self) -> bool:
        """Whether nothing is left and nothing more will come."""
        with self._changed:
            return self._ended and not self._frames
