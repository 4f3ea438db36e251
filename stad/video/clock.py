"""Stamps of a live stream -> times that ascend, and the moment at which each frame was live."""

from __future__ import annotations

import math

# Stamps this far back or ahead of the clock on the wall cannot be meant.
MAX_BACK_SEC = 0.5
MAX_AHEAD_SEC = 2.0
MAX_AHEAD_PACED_SEC = 10.0
# A delay that lasts so long is the way's, not a backlog: the clock is set by it.
SETTLE_AFTER_SEC = 10.0
LATE_SEC = 1.0
# Cameras' clocks go wrong by some 0.01 %: how slowly they are followed.
DRIFT_SEC = 60.0
TICK_SEC = 0.001


class StreamClock:
    """The time of each frame, in seconds since the first one, from its stamp and its arrival.

    Stamps are followed as long as they make sense, so that the distances of frames are those of
    the camera. A frame without a stamp has the time of its arrival. A stamp that goes back by up
    to half a second keeps the order of the frames and counts a millisecond more than the last
    one. One that goes back further, or runs ahead of the wall clock by seconds, is a jump: time
    goes on by the wall clock, and ``jumped`` says so. A gap in the stamps that took as long to
    arrive is a gap.

    Args:
        is_paced: the source gives its frames as fast as they are taken (a file, HTTP), so that
            being ahead only means to wait; otherwise they come as they happen.
        is_file: its stamps are right, whenever they come.

    Attributes:
        jumped: whether the last stamp was a jump, or the first one after ``restart``.
    """

    def __init__(self, *, is_paced: bool, is_file: bool = False) -> None:
        self._is_paced, self._is_file = is_paced, is_file
        self._most_ahead_sec = MAX_AHEAD_PACED_SEC if is_paced else MAX_AHEAD_SEC
        self._origin_sec: float | None = None
        self._shift_sec: float | None = None
        self._last_sec = self._last_now_sec = -math.inf
        self._late_since_sec: float | None = None
        self.jumped = False

    def take(self, stamp_sec: float | None, now_sec: float) -> float:
        """The time of the next frame, above the last one, seconds.

        Args:
            stamp_sec: what the stream says, on any clock; None where it says nothing.
            now_sec: monotonic clock.
        """
        if self._origin_sec is None:
            self._origin_sec = now_sec
        wall_sec = now_sec - self._origin_sec
        if stamp_sec is None or not math.isfinite(stamp_sec):
            self.jumped = False
            time_sec = max(wall_sec, self._last_sec + TICK_SEC)
        else:
            time_sec = self._from_stamp(stamp_sec, wall_sec)
        self._last_sec, self._last_now_sec = time_sec, now_sec
        return time_sec

    def _from_stamp(self, stamp_sec: float, wall_sec: float) -> float:
        self.jumped = self._shift_sec is None or self._is_jump(
            stamp_sec + self._shift_sec, wall_sec
        )
        if self.jumped:
            self._set_by(stamp_sec, wall_sec)
        elif not self._is_file:
            self._follow(stamp_sec, wall_sec)
        return max(stamp_sec + self._shift_sec, self._last_sec + TICK_SEC)

    def _is_jump(self, time_sec: float, wall_sec: float) -> bool:
        is_back = time_sec < self._last_sec - MAX_BACK_SEC
        return is_back or time_sec - wall_sec > self._most_ahead_sec

    def _set_by(self, stamp_sec: float, wall_sec: float) -> None:
        self._shift_sec = max(wall_sec, self._last_sec + TICK_SEC) - stamp_sec
        self._late_since_sec = None

    def _follow(self, stamp_sec: float, wall_sec: float) -> None:
        """Let the two clocks grow together: slowly, or at once where a delay stays."""
        late_sec = wall_sec - (stamp_sec + self._shift_sec)
        if late_sec < LATE_SEC:
            self._late_since_sec = None
        elif self._late_since_sec is None:
            self._late_since_sec = wall_sec
        elif wall_sec - self._late_since_sec > SETTLE_AFTER_SEC:
            self._set_by(stamp_sec, wall_sec)
            return
        passed_sec = wall_sec + self._origin_sec - self._last_now_sec
        if not self._is_paced or late_sec > 0:
            self._shift_sec += late_sec * min(passed_sec / DRIFT_SEC, 1.0)

    def due_sec(self, time_sec: float) -> float:
        """The moment, on the monotonic clock, at which the frame of a time is live."""
        return (self._origin_sec or 0.0) + time_sec

    def restart(self) -> None:
        """The stream begins anew: its next stamp has nothing to do with the last one."""
        self._shift_sec = None
