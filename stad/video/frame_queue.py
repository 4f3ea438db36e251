"""Pass frames from the reading thread to the processing thread; old frames give way to new."""

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
        due_sec: when it was live, on the monotonic clock, seconds.
        is_discontinuity: whether it does not continue the frame before, because the stream was
            interrupted or its clock jumped.
    """

    frame: Frame
    due_sec: float
    is_discontinuity: bool = False


class FrameQueue:
    """Passes frames from one thread to another, bounded in number, bytes and age.

    Args:
        max_latency_sec: frames that were live longer ago are dropped, except the newest.
    """

    def __init__(self, max_latency_sec: float) -> None:
        self._max_latency_sec = max_latency_sec
        self._frames: deque[LiveFrame] = deque()
        self._changed = threading.Condition()
        self._ended = False
        self.num_dropped = 0

    def put(self, live: LiveFrame) -> None:
        """Add a frame; where there is no room, the oldest frames are dropped."""
        max_frames = min(MAX_FRAMES, max(2, MAX_BYTES // max(live.frame.image.nbytes, 1)))
        with self._changed:
            while len(self._frames) >= max_frames:
                self._drop()
            self._frames.append(live)
            self._changed.notify()

    def get(self, timeout_sec: float) -> LiveFrame | None:
        """Return the oldest frame within the latency; None on a timeout or after the end."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._frames) or self._ended, timeout_sec)
            limit_sec = time.monotonic() - self._max_latency_sec
            while len(self._frames) > 1 and self._frames[0].due_sec < limit_sec:
                self._drop()
            return self._frames.popleft() if self._frames else None

    def _drop(self) -> None:
        """Drop the oldest frame and carry its discontinuity flag over to the next one."""
        dropped = self._frames.popleft()
        self.num_dropped += 1
        if dropped.is_discontinuity and self._frames:
            first = self._frames[0]
            self._frames[0] = LiveFrame(first.frame, first.due_sec, is_discontinuity=True)

    def end(self) -> None:
        """Note that no more frames come."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    @property
    def is_over(self) -> bool:
        """True once the source has ended and the queue is empty."""
        with self._changed:
            return self._ended and not self._frames
