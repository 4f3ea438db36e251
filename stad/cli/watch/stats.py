"""What a live run has done so far: frames, windows, delays."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from stad.actors.tracker import FollowCounts

RECENT_SEC = 5.0
MAX_DELAYS = 100_000


@dataclass
class Stats:
    """Counts of a run; bounded.

    Attributes:
        num_frames: frames that were looked at.
        num_detections, num_windows: frames that people were looked for in, windows scored.
        num_skipped_windows: windows that would have come too late and were left out.
        num_events: starts and ends.
        followed: how many detections of people were followed.
        delays_sec: of the last windows, from the moment they are about to their scores.
        last_sec: time of the last frame.
        watched_sec: how long frames were taken, on the clock on the wall.
        wait_sec: as much of each as the window and the tracker's look-ahead take on any machine.
    """

    num_frames: int = 0
    num_detections: int = 0
    num_windows: int = 0
    num_skipped_windows: int = 0
    num_events: int = 0
    followed: FollowCounts = field(default_factory=FollowCounts)
    delays_sec: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_DELAYS))
    wait_sec: float = 0.0
    last_sec: float = 0.0
    watched_sec: float = 0.0
    _recent: deque[float] = field(default_factory=lambda: deque(maxlen=1000))

    def saw_frame(self, time_sec: float) -> None:
        """Count a frame."""
        self.num_frames += 1
        self.last_sec = time_sec
        self._recent.append(time.monotonic())

    def fps(self) -> float:
        """Frames per second in the last seconds."""
        limit = time.monotonic() - RECENT_SEC
        while self._recent and self._recent[0] < limit:
            self._recent.popleft()
        return len(self._recent) / RECENT_SEC

    def delay_sec(self, percentile: float) -> float:
        """A percentile of the delays; 0.0 before the first window."""
        return float(np.percentile(self.delays_sec, percentile)) if self.delays_sec else 0.0

    def status(self, num_dropped: int) -> str:
        """One line for people."""
        delay = f"{self.delays_sec[-1]:.1f} s" if self.delays_sec else "-"
        return (
            f"{self.fps():.1f} fps · latency {delay} · {num_dropped} frames dropped · "
            f"{self.num_windows} windows, {self.num_skipped_windows} skipped · "
            f"{self.num_events} events"
        )
