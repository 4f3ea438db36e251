"""Count what a live run does: frames, windows, delays."""

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
        num_frames: frames that were processed.
        num_detections, num_windows: frames with a person detection, windows scored.
        num_skipped_windows: windows that would have come too late and were left out.
        num_events: starts and ends.
        followed: how many detections of people were followed.
        delays_sec: of the last windows, from the time of their keyframe to their final scores,
            seconds.
        last_sec: time of the last frame, seconds.
        watched_sec: how long frames were taken, seconds of real time.
        wait_sec: the part of each delay that the window, the tracker's look-ahead and the
            decoding of postures take on any machine, seconds.
        window_cost_sec: how long the last window was scored, seconds.
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
    window_cost_sec: float = 0.0
    _recent: deque[float] = field(default_factory=lambda: deque(maxlen=1000))

    def saw_frame(self, time_sec: float) -> None:
        """Count a frame."""
        self.num_frames += 1
        self.last_sec = time_sec
        self._recent.append(time.monotonic())

    def fps(self) -> float:
        """Return the frames per second of the last seconds."""
        limit = time.monotonic() - RECENT_SEC
        while self._recent and self._recent[0] < limit:
            self._recent.popleft()
        return len(self._recent) / RECENT_SEC

    def delay_sec(self, percentile: float) -> float:
        """Return a percentile of the delays, seconds; 0.0 before the first window."""
        return float(np.percentile(self.delays_sec, percentile)) if self.delays_sec else 0.0

    def status(self, num_dropped: int) -> str:
        """Return a line that says how the run is going."""
        delay = f"{self.delays_sec[-1]:.1f} s" if self.delays_sec else "-"
        return (
            f"{self.fps():.1f} fps · latency {delay} · {num_dropped} frames dropped · "
            f"{self.num_windows} windows, {self.num_skipped_windows} skipped · "
            f"{self.num_events} events"
        )
