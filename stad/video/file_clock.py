"""Turn the timestamps of a file into seconds from its start, for frames and for audio."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

# A smaller step back comes from a decoder that mixes up the order of frames.
MIN_BACK_SEC = 0.5
# A longer gap is a jump where the format allows jumps, as in ffmpeg (-dts_delta_threshold).
MAX_GAP_SEC = 10.0
# A longer gap is a jump in every format, as in ffmpeg (-dts_error_threshold).
MAX_ANY_GAP_SEC = 30 * 3600.0
# Maximum distance of audio and video where two recordings meet.
MAX_SKEW_SEC = 2.0


class Shift(NamedTuple):
    """A part of a file with one clock.

    Attributes:
        begin_sec: start of the part, seconds from the start of the video.
        shift_sec: added to the timestamps of the part, seconds.
    """

    begin_sec: float
    shift_sec: float


class FileClock:
    """Computes the times of the frames of a file, in the order of display.

    A timestamp is followed while it makes sense. Where the clock jumps (recordings that were
    joined, a receiver that lost its signal), the next frame comes one frame after the last. A
    frame without a timestamp, or with one that is not later than the last frame's, keeps its
    place in the order.

    Args:
        origin_sec: the file's clock at time 0, seconds.
        frame_sec: duration of one frame, seconds.
        may_jump: whether the format allows jumps forward, so that a long gap is one.

    Attributes:
        shifts: the parts of the file so far, each with one clock.
    """

    def __init__(self, *, origin_sec: float, frame_sec: float, may_jump: bool) -> None:
        self.origin_sec, self._frame_sec = origin_sec, frame_sec
        self.max_gap_sec = MAX_GAP_SEC if may_jump else MAX_ANY_GAP_SEC
        self.shifts = [Shift(0.0, 0.0)]
        self._last_sec: float | None = None

    @property
    def last_sec(self) -> float:
        """Time of the last frame, seconds; 0.0 before the first one."""
        return self._last_sec or 0.0

    @property
    def num_jumps(self) -> int:
        """Number of jumps of the clock so far."""
        return len(self.shifts) - 1

    def take(self, stamp_sec: float | None) -> float:
        """Return the time of the next frame, later than the last one, seconds.

        Args:
            stamp_sec: timestamp on the file's clock, seconds; None where it has none.
        """
        time_sec = self._time_of(stamp_sec)
        self._last_sec = time_sec
        return time_sec

    def _time_of(self, stamp_sec: float | None) -> float:
        last_sec = self._last_sec
        if stamp_sec is None:
            return 0.0 if last_sec is None else last_sec + self._frame_sec
        own_sec = stamp_sec - self.origin_sec
        time_sec = own_sec + self.shifts[-1].shift_sec
        if last_sec is None:
            return time_sec
        if not -MIN_BACK_SEC <= time_sec - last_sec <= self.max_gap_sec:
            time_sec = last_sec + self._frame_sec
            self.shifts.append(Shift(time_sec, time_sec - own_sec))
        if time_sec <= last_sec:
            return last_sec + self._frame_sec / 2
        return time_sec


class AudioClock:
    """Computes the times of the audio packets of a file, on the clock of its video.

    Args:
        video: clock of the frames of the same file, which are read at the same time.
    """

    def __init__(self, video: FileClock) -> None:
        self._video = video
        self._shift_sec = self._end_sec = 0.0

    def take(
        self,
        stamp_sec: float | None,
        duration_sec: float,
        *,
        later_sec: Sequence[float | None] = (),
        is_last_chance: bool,
    ) -> float | None:
        """Return the time of the next packet, seconds; None until the video has got there.

        Args:
            stamp_sec: timestamp on the file's clock, seconds; None where it has none.
            duration_sec: duration of the packet, seconds.
            later_sec: timestamps of the next packets; if they continue without a jump, the
                timestamp of this packet is damaged.
            is_last_chance: whether the video has ended, so that its clock will not change.
        """
        time_sec = self._end_sec if stamp_sec is None else self._moved(stamp_sec)
        if stamp_sec is not None and not self._follows(time_sec):
            moved_sec = [self._moved(later) for later in later_sec if later is not None]
            if any(map(self._follows, moved_sec)):
                time_sec = self._end_sec
            elif self._jump(stamp_sec - self._video.origin_sec, is_last_chance=is_last_chance):
                time_sec = self._moved(stamp_sec)
            else:
                return None
        self._end_sec = time_sec + duration_sec
        return time_sec

    def _moved(self, stamp_sec: float) -> float:
        return stamp_sec - self._video.origin_sec + self._shift_sec

    def _follows(self, time_sec: float) -> bool:
        return -MIN_BACK_SEC <= time_sec - self._end_sec <= self._video.max_gap_sec

    def _jump(self, own_sec: float, *, is_last_chance: bool) -> bool:
        """Use the shift that fits a packet best; return whether there is one."""
        fitting = self._fitting_shifts(own_sec)
        if not fitting and not is_last_chance:
            return False
        # If only the audio jumps, it continues after its last packet.
        self._shift_sec = min(
            fitting,
            default=self._end_sec - own_sec,
            key=lambda shift_sec: abs(own_sec + shift_sec - self._end_sec),
        )
        return True

    def _fitting_shifts(self, own_sec: float) -> list[float]:
        """Return the shifts of the video that put a packet inside their part of the file."""
        # A copy: the frames may be read in another thread meanwhile.
        shifts, found = list(self._video.shifts), []
        ends_sec = [shift.begin_sec for shift in shifts[1:]]
        ends_sec.append(self._video.last_sec + self._video.max_gap_sec)
        for shift, end_sec in zip(shifts, ends_sec, strict=True):
            time_sec = own_sec + shift.shift_sec
            is_inside = shift.begin_sec - MAX_SKEW_SEC <= time_sec <= end_sec + MAX_SKEW_SEC
            if is_inside and time_sec >= self._end_sec - MIN_BACK_SEC:
                found.append(shift.shift_sec)
        return found
