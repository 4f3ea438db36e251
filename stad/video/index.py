"""Index the frames of a file, their times and key frames, from its packets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from stad.video.display_order import lacks_display_times
from stad.video.file_clock import MAX_ANY_GAP_SEC, MAX_GAP_SEC
from stad.video.streams import has_clock, may_jump, origin_sec, packets_of


class KeyFrame(NamedTuple):
    """A frame at which decoding can begin.

    Attributes:
        time_sec: display time, seconds from the start of the video.
        pts: presentation timestamp, ticks of the stream.
        dts: decoding timestamp, or the presentation timestamp where it has none.
    """

    time_sec: float
    pts: int
    dts: int


@dataclass(frozen=True)
class FrameIndex:
    """The frames of a file, by their packets.

    Attributes:
        times_sec: (F,) float64 ascending times, as ``VideoSource.frames`` yields them, seconds.
        keys: key frames, in the order of time; empty where decoding can only begin at the start.
        has_leading: whether frames are decoded after a key frame and shown before it.
        may_resize: whether a new header inside the file may change the size.
        is_damaged: whether reading the packets met damage: one with errors, or an end by an error.
    """

    times_sec: np.ndarray
    keys: tuple[KeyFrame, ...] = ()
    has_leading: bool = False
    may_resize: bool = False
    is_damaged: bool = False

    @property
    def duration_sec(self) -> float:
        """The end of the last frame, which is shown for the mean time of the others, seconds."""
        if not len(self.times_sec):
            return 0.0
        first, last = self.times_sec[0], self.times_sec[-1]
        return float(last + (last - first) / max(len(self.times_sec) - 1, 1))

    def key_before(self, time_sec: float) -> KeyFrame | None:
        """Return the last key frame at or before a time; None to decode from the start."""
        position = int(np.searchsorted([key.time_sec for key in self.keys], time_sec, side="right"))
        # The first one saves nothing: the file begins there.
        return self.keys[position - 1] if position > 1 else None


class _Packets(NamedTuple):
    """The timestamps of the packets of a stream in the order of the file, ticks."""

    pts: np.ndarray
    dts: list[int | None]
    is_key: list[bool]
    may_resize: bool
    is_damaged: bool


def index_packets(container: InputContainer, stream: VideoStream) -> FrameIndex | None:
    """Index an open file by reading all its packets, without decoding.

    Returns:
        The index; None where packets do not give the times of the frames, because timestamps are
        missing, equal or those of decoding, or because the clock jumps.
    """
    has_times = has_clock(stream) and not lacks_display_times(container, stream)
    packets = _read(container, stream) if has_times else None
    base = stream.time_base
    if packets is None or not len(packets.pts) or base is None:
        return None
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
        KeyFrame(float(times_sec[i]), pts := int(packets.pts[i]), _first(packets.dts[i], pts))
        for i in np.flatnonzero(np.array(packets.is_key)).tolist()
    )
    return FrameIndex(
        shown_sec,
        keys,
        _has_leading(packets.pts, packets.is_key),
        packets.may_resize,
        packets.is_damaged,
    )


def _read(container: InputContainer, stream: VideoStream) -> _Packets | None:
    pts, dts, is_key, may_resize, is_damaged = [], [], [], False, False
    try:
        for packet in packets_of(container, stream):
            if not packet.size or packet.is_discard:
                continue
            if packet.pts is None:
                return None
            is_damaged |= packet.is_corrupt
            may_resize |= bool(pts) and packet.has_sidedata("new_extradata")
            pts.append(packet.pts)
            dts.append(packet.dts)
            is_key.append(packet.is_keyframe)
    except (FFmpegError, OSError):
        # Reading the frames stops there, too.
        is_damaged = True
    return _Packets(np.array(pts, np.int64), dts, is_key, may_resize, is_damaged)


def _ascends(stamps: list[int | None]) -> bool:
    known = np.array([one for one in stamps if one is not None], np.int64)
    return bool((np.diff(known) >= 0).all())


def _has_leading(pts: np.ndarray, is_key: list[bool]) -> bool:
    """Return whether a frame after a key frame in the file is shown before it."""
    minimum_after = np.minimum.accumulate(pts[::-1])[::-1]
    return bool((minimum_after < pts)[np.array(is_key, bool)].any())


def _first(stamp: int | None, other: int) -> int:
    return int(other if stamp is None else stamp)
