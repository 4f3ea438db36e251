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
# Camera clocks are off by about 0.01 %; they are followed with this time constant. Stamps that
# count frames of a wrong rate run ahead by more: no frame comes before it was taken.
DRIFT_SEC = 60.0
MAX_DRIFT_SEC, FAST_DRIFT_SEC = 0.5, 5.0
# Timestamps that jumped twice within this time, or whose delay had to be corrected, are not
# followed until they have needed no correction for as long.
DOUBT_SEC = 60.0
TICK_SEC = 0.001


class StreamClock:
    """Compute the time of each frame, in seconds since the first one, from timestamp and arrival.

    Timestamps are followed while they make sense, so that the distances of frames are those of
    the camera. A frame without a timestamp gets the time of its arrival. A timestamp that goes
    back by up to half a second keeps the order of the frames and becomes a millisecond more than
    the last time. One that goes back further, or runs ahead of the wall clock by seconds, is a
    jump: time continues by the wall clock, and ``jumped`` is True. A gap in the timestamps that
    took as long to arrive is a gap.

    A stream whose timestamps stand still, jump all the time or run at a wrong speed gets the times
    of arrival, without jumps, until they are right again. For a file, which is read at any speed,
    there are no such times: its timestamps are always followed.

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
        self._last_stamp_sec: float | None = None
        self._changed_sec = -math.inf
        self._corrected_sec = -math.inf
        self._is_doubted = False
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
        self.jumped = False
        if stamp_sec is None or not math.isfinite(stamp_sec) or self._stands(stamp_sec, wall_sec):
            time_sec = wall_sec
        else:
            time_sec = self._from_stamp(stamp_sec, wall_sec, passed_sec)
        self._last_sec = max(time_sec, self._last_sec + TICK_SEC)
        self._last_now_sec = now_sec
        return self._last_sec

    def _stands(self, stamp_sec: float, wall_sec: float) -> bool:
        """Return whether the timestamp has been the same for too long, whatever comes."""
        if stamp_sec != self._last_stamp_sec:
            self._last_stamp_sec, self._changed_sec = stamp_sec, wall_sec
        return not self._is_file and wall_sec - self._changed_sec > MAX_BACK_SEC

    def _from_stamp(self, stamp_sec: float, wall_sec: float, passed_sec: float) -> float:
        shift_sec, is_settled = self._shift_sec, False
        is_first = shift_sec is None
        if shift_sec is None or self._is_jump(stamp_sec + shift_sec, wall_sec):
            self.jumped = True
        elif not self._is_file:
            shift_sec += self._drift_sec(wall_sec - (stamp_sec + shift_sec), passed_sec)
            is_settled = self._is_late_for_long(stamp_sec + shift_sec, wall_sec)
        if shift_sec is None or self.jumped or is_settled:
            self._late_since_sec = None
            shift_sec = max(wall_sec, self._last_sec + TICK_SEC) - stamp_sec
        self._shift_sec = shift_sec
        if not is_first and not self._is_file:
            self._judge(wall_sec, has_jumped=self.jumped, is_settled=is_settled)
        if not self._is_doubted:
            return stamp_sec + shift_sec
        self.jumped = is_first
        return wall_sec

    def _judge(self, wall_sec: float, *, has_jumped: bool, is_settled: bool) -> None:
        """Note whether the timestamps had to be corrected, and whether to follow them."""
        is_recent = wall_sec - self._corrected_sec <= DOUBT_SEC
        self._is_doubted = is_settled or (is_recent and (self._is_doubted or has_jumped))
        if has_jumped or is_settled:
            self._corrected_sec = wall_sec

    def _is_jump(self, time_sec: float, wall_sec: float) -> bool:
        is_back = time_sec < self._last_sec - MAX_BACK_SEC
        return is_back or time_sec - wall_sec > self._max_ahead_sec

    def _drift_sec(self, late_sec: float, passed_sec: float) -> float:
        """Return how far to move the timestamps towards the wall clock, seconds."""
        if self._is_paced and late_sec <= 0:
            return 0.0
        constant_sec = FAST_DRIFT_SEC if late_sec < -MAX_DRIFT_SEC else DRIFT_SEC
        return late_sec * min(passed_sec / constant_sec, 1.0)

    def _is_late_for_long(self, time_sec: float, wall_sec: float) -> bool:
        """Return whether the delay of the frames stays; time by their timestamps, seconds."""
        if wall_sec - time_sec < MAX_DELAY_SEC:
            self._late_since_sec = None
        elif self._late_since_sec is None:
            self._late_since_sec = wall_sec
        return (
            self._late_since_sec is not None and wall_sec - self._late_since_sec > SETTLE_AFTER_SEC
        )

    def due_sec(self, time_sec: float) -> float:
        """Return when the frame of a time is live, on the monotonic clock, seconds."""
        return (self._origin_sec or 0.0) + time_sec

    def restart(self) -> None:
        """Note that the stream restarts: its next timestamp is unrelated to the last one."""
        self._shift_sec = self._last_stamp_sec = None
