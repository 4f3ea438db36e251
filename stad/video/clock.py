"""Turn the timestamps of a live stream into ascending times, and know when each frame was live."""

from __future__ import annotations

import math

# Timestamps this far behind or ahead of the wall clock are jumps.
MAX_BACK_SEC = 0.5
MAX_AHEAD_SEC = 2.0
MAX_AHEAD_PACED_SEC = 10.0
# A delay that lasts longer is one of transmission, not a backlog: the clock is set by it.
SETTLE_AFTER_SEC = 10.0
# Frames that are later than this by the wall clock are delayed.
MAX_DELAY_SEC = 1.0
# Camera clocks are off by about 0.01 %; they are followed with this time constant.
DRIFT_SEC = 60.0
TICK_SEC = 0.001


class StreamClock:
    """Compute the time of each frame, in seconds since the first one, from timestamp and arrival.

    Timestamps are followed while they make sense, so that the distances of frames are those of
    the camera. A frame without a timestamp gets the time of its arrival. A timestamp that goes
    back by up to half a second keeps the order of the frames and becomes a millisecond more than
    the last time. One that goes back further, or runs ahead of the wall clock by seconds, is a
    jump: time continues by the wall clock, and ``jumped`` is True. A gap in the timestamps that
    took as long to arrive is a gap.

    Args:
        is_paced: whether the source returns frames as fast as they are read (a file, HTTP), so
            that frames ahead of time only have to wait; else they come as they happen.
        is_file: whether the timestamps are right, whenever frames are read.

    Attributes:
        jumped: whether the last timestamp was a jump, or the first one after ``restart``.
    """

    def __init__(self, *, is_paced: bool, is_file: bool = False) -> None:
        self._is_paced, self._is_file = is_paced, is_file
        self._max_ahead_sec = MAX_AHEAD_PACED_SEC if is_paced else MAX_AHEAD_SEC
        self._origin_sec: float | None = None
        self._shift_sec: float | None = None
        self._last_sec = self._last_now_sec = -math.inf
        self._late_since_sec: float | None = None
        self.jumped = False

    def take(self, stamp_sec: float | None, now_sec: float) -> float:
        """Return the time of the next frame, above the last one, seconds.

        Args:
            stamp_sec: timestamp of the stream, on any clock, seconds; None where it has none.
            now_sec: the monotonic clock, seconds.
        """
        if self._origin_sec is None:
            self._origin_sec = now_sec
        wall_sec = now_sec - self._origin_sec
        passed_sec = wall_sec + self._origin_sec - self._last_now_sec
        if stamp_sec is None or not math.isfinite(stamp_sec):
            self.jumped = False
            time_sec = max(wall_sec, self._last_sec + TICK_SEC)
        else:
            time_sec = self._from_stamp(stamp_sec, wall_sec, passed_sec)
        self._last_sec, self._last_now_sec = time_sec, now_sec
        return time_sec

    def _from_stamp(self, stamp_sec: float, wall_sec: float, passed_sec: float) -> float:
        shift_sec = self._shift_sec
        self.jumped = shift_sec is None or self._is_jump(stamp_sec + shift_sec, wall_sec)
        if shift_sec is None or self.jumped:
            shift_sec = self._shift_to(stamp_sec, wall_sec)
        elif not self._is_file:
            shift_sec = self._follow(stamp_sec, wall_sec, passed_sec, shift_sec=shift_sec)
        self._shift_sec = shift_sec
        return max(stamp_sec + shift_sec, self._last_sec + TICK_SEC)

    def _is_jump(self, time_sec: float, wall_sec: float) -> bool:
        is_back = time_sec < self._last_sec - MAX_BACK_SEC
        return is_back or time_sec - wall_sec > self._max_ahead_sec

    def _shift_to(self, stamp_sec: float, wall_sec: float) -> float:
        """Return the shift that puts a timestamp at the wall clock, seconds."""
        self._late_since_sec = None
        return max(wall_sec, self._last_sec + TICK_SEC) - stamp_sec

    def _follow(
        self, stamp_sec: float, wall_sec: float, passed_sec: float, *, shift_sec: float
    ) -> float:
        """Return the next shift: towards the wall clock slowly, or at once where a delay stays."""
        late_sec = wall_sec - (stamp_sec + shift_sec)
        if late_sec < MAX_DELAY_SEC:
            self._late_since_sec = None
        elif self._late_since_sec is None:
            self._late_since_sec = wall_sec
        elif wall_sec - self._late_since_sec > SETTLE_AFTER_SEC:
            return self._shift_to(stamp_sec, wall_sec)
        if not self._is_paced or late_sec > 0:
            shift_sec += late_sec * min(passed_sec / DRIFT_SEC, 1.0)
        return shift_sec

    def due_sec(self, time_sec: float) -> float:
        """Return when the frame of a time is live, on the monotonic clock, seconds."""
        return (self._origin_sec or 0.0) + time_sec

    def restart(self) -> None:
        """Note that the stream restarts: its next timestamp is unrelated to the last one."""
        self._shift_sec = None
