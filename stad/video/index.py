"""Where the frames of a file are: their times and key frames, read from its packets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import av
import numpy as np

from stad.video.display_order import lacks_display_times
from stad.video.file_clock import MAX_ANY_GAP_SEC, MAX_GAP_SEC
from stad.video.streams import may_jump, origin_sec


class KeyFrame(NamedTuple):
    """A frame at which decoding can begin.

    Attributes:
        time_sec: when it is shown, seconds from the start of the video.
        pts: its presentation stamp, ticks of the stream.
        dts: its decoding stamp, or its presentation stamp where it has no other.
    """

    time_sec: float
    pts: int
    dts: int


@dataclass(frozen=True)
class FrameIndex:
    """The frames of a file, by their packets.

    Attributes:
        times_sec: (F,) float64 ascending times, as ``VideoSource.frames`` gives them, seconds.
        keys: key frames, in the order of time; empty where none can be jumped to.
        has_leading: some frames are decoded after a key frame and shown before it.
        may_resize: a new header inside the file may change the size.
    """

    times_sec: np.ndarray
    keys: tuple[KeyFrame, ...] = ()
    has_leading: bool = False
    may_resize: bool = False

    @property
    def duration_sec(self) -> float:
        """To the end of the last frame, which is shown as long as the others are on average."""
        if not len(self.times_sec):
            return 0.0
        first, last = self.times_sec[0], self.times_sec[-1]
        return float(last + (last - first) / max(len(self.times_sec) - 1, 1))

    def key_before(self, time_sec: float) -> KeyFrame | None:
        """Return the last key frame at or before a time; None: decode from the start."""
        position = int(np.searchsorted([key.time_sec for key in self.keys], time_sec, side="right"))
        # The first one gains nothing: the file begins there.
        return self.keys[position - 1] if position > 1 else None


class _Packets(NamedTuple):
    """Stamps of the packets of a stream in the order of the file, ticks."""

    pts: np.ndarray
    dts: list[int | None]
    is_key: list[bool]
    may_resize: bool


def index_packets(container, stream) -> FrameIndex | None:
    """Index an open file by reading all its packets, without decoding.

    Returns:
        None where packets do not tell the times of the frames: some have no stamp or the same
        one, the stamps are those of decoding, or the clock jumps.
    """
    packets = None if lacks_display_times(container, stream) else _read(container, stream)
    if packets is None or not len(packets.pts):
        return None
    base = stream.time_base
    # As PyAV computes Frame.time, so that both give the same float.
    times_sec = packets.pts.astype(np.float64) * base.numerator / base.denominator
    times_sec -= origin_sec(container)
    shown_sec = np.sort(times_sec)
    gaps_sec = np.diff(shown_sec)
    max_gap_sec = MAX_GAP_SEC if may_jump(container) else MAX_ANY_GAP_SEC
    if len(gaps_sec) and (gaps_sec.min() <= 0 or gaps_sec.max() > max_gap_sec):
        return None
    if not _ascends(packets.dts):
        return None
    keys = tuple(
        KeyFrame(float(times_sec[i]), int(packets.pts[i]), _first(packets.dts[i], packets.pts[i]))
        for i in np.nonzero(packets.is_key)[0]
    )
    return FrameIndex(
        shown_sec, keys, _has_leading(packets.pts, packets.is_key), packets.may_resize
    )


def _read(container, stream) -> _Packets | None:
    pts, dts, is_key, may_resize = [], [], [], False
    try:
        for packet in container.demux(stream):
            if not packet.size or packet.is_discard:
                continue
            if packet.pts is None:
                return None
            may_resize |= bool(pts) and packet.has_sidedata("new_extradata")
            pts.append(packet.pts)
            dts.append(packet.dts)
            is_key.append(packet.is_keyframe)
    except (av.error.FFmpegError, OSError):
        # The reader stops there, too.
        pass
    return _Packets(np.array(pts, np.int64), dts, is_key, may_resize)


def _ascends(stamps: list[int | None]) -> bool:
    known = np.array([one for one in stamps if one is not None], np.int64)
    return bool((np.diff(known) >= 0).all())


def _has_leading(pts: np.ndarray, is_key: list[bool]) -> bool:
    """Return whether a frame behind a key frame in the file is shown before it."""
    least_after = np.minimum.accumulate(pts[::-1])[::-1]
    return bool((least_after < pts)[np.array(is_key, bool)].any())


def _first(stamp: int | None, other: int) -> int:
    return int(other if stamp is None else stamp)
