"""Find out from a file that was read to its end whether many of its frames are missing."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from stad.errors import InputError
from stad.video.opening import is_address, open_video
from stad.video.streams import (
    choose_video,
    may_jump,
    origin_sec,
    own_duration_sec,
    packets_of,
    stream_duration_sec,
    stream_fps,
)

# Fewer frames are lost without a warning: containers are often off by one or two.
MAX_LOSS = 0.05
MIN_LOST_FRAMES = 2.5
# Of long files, the end that may be missing.
MAX_CUT_SEC = 0.5
# A longer time without a frame, in frames.
MIN_GAP_FRAMES = 2.5
# Files with gaps after more of their frames have a rate of their own.
MAX_GAP_RATIO = 0.3
# Gaps that are kept: more are those of a variable frame rate.
MAX_GAPS = 20_000
# Bytes of the headers between two packets, and the part of the bytes of the missing frames that
# must be there, for a hole in a file.
HEADER_BYTES, MIN_HOLE = 500, 0.3
# Packets around a hole in which FFmpeg reports it.
REORDERED = 4
# Formats that do not state the length of a video, unless mp4 has a table of frames.
MP4 = "mov,mp4,m4a,3gp,3g2,mj2"
UNSTATED_FORMATS = frozenset({"mpegts", "mpeg", MP4})
# Bytes after the last packet, as a part of the file: more of them held frames.
MAX_TAIL, MIN_TAIL_BYTES, TAIL_PACKETS = 0.1, 2000, 20
# Smaller packets repeat the last frame.
REPEAT_BYTES = 20


class Gap(NamedTuple):
    """A time without frames, between two of them, seconds."""

    begin_sec: float
    end_sec: float


class FrameGaps:
    """Collects the times without frames while a file is read.

    Args:
        frame_sec: duration of a frame, seconds.
        from_start: whether the reading begins at the start of the file.

    Attributes:
        gaps: the times without frames so far.
        num_frames: number of frames so far.
        end_sec: when the last frame ends, seconds.
    """

    def __init__(self, frame_sec: float, *, from_start: bool) -> None:
        self.gaps: list[Gap] = []
        self.num_frames = 0
        self.end_sec = 0.0
        self._frame_sec = frame_sec
        self._last_sec = 0.0 if from_start else None

    def add(self, time_sec: float, duration_sec: float) -> None:
        """Add the next frame: its time, and how long the container shows it; 0 if unknown."""
        end_sec = self.end_sec if self.num_frames else self._frame_sec
        if self._last_sec is not None and len(self.gaps) < MAX_GAPS:
            is_long = time_sec - self._last_sec > MIN_GAP_FRAMES * self._frame_sec
            if is_long and time_sec - end_sec > self._frame_sec:
                self.gaps.append(Gap(self._last_sec, time_sec))
        self._last_sec = time_sec
        self.end_sec = time_sec + max(duration_sec, self._frame_sec)
        self.num_frames += 1

    def lost_sec(self, gaps: list[Gap]) -> float:
        """Return how long frames are missing in some gaps, seconds."""
        return sum(gap.end_sec - gap.begin_sec - self._frame_sec for gap in gaps)

    def is_much(self, lost_sec: float) -> bool:
        """Return whether a time without frames is too long to be passed over."""
        return lost_sec > max(MAX_LOSS * self.end_sec, MIN_LOST_FRAMES * self._frame_sec)


def describe_losses(
    container: InputContainer,
    stream: VideoStream,
    found: FrameGaps,
    *,
    path: str,
    num_packets: int,
    to_end: bool,
) -> str:
    """Return a warning about frames that are missing; "" if there are few or none.

    The container's length and number of frames show a missing end. A gap in time counts if the
    file has packets there that gave no frame, packets with errors, or bytes that are no packet:
    where the frame rate varies, there is none of these.

    Args:
        container: the open file, for what it states; nothing is read from it.
        stream: its video.
        found: the gaps of the reading.
        path: of the file, whose packets are read again where that is needed.
        num_packets: packets of the video that were read, also those that are never shown; 0 if
            not from the start.
        to_end: whether it was read to its end.
    """
    try:
        return (
            (to_end and _describe_end(container, stream, found, path=path))
            or (to_end and num_packets and _describe_count(container, stream, num_packets))
            or _describe_by_packets(container, stream, found, path=path, to_end=to_end)
            or ""
        )
    except InputError:
        # It was there a moment ago: another process replaces it.
        return ""


def describe_losses_of(path: str, times_sec: np.ndarray) -> str:
    """Return a warning if frames are missing in a file; "" if few or none are.

    Frames whose packets cannot be decoded are not found where the times are those of packets.

    Args:
        path: of the file.
        times_sec: (F,) ascending times of all its frames, seconds.
    """
    with open_video(path) as container:
        stream = choose_video(container)
        if stream is None:
            return ""
        found = FrameGaps(float(1 / stream_fps(stream)), from_start=True)
        for time_sec in times_sec.tolist():
            found.add(time_sec, 0.0)
        return describe_losses(container, stream, found, path=path, num_packets=0, to_end=True)


def _describe_end(
    container: InputContainer, stream: VideoStream, found: FrameGaps, *, path: str
) -> str:
    frame_sec = float(1 / stream_fps(stream))
    stated_sec = stream_duration_sec(container, stream)
    if container.format.name == "avi":
        # FFmpeg shortens the length to that of the file, but not the number.
        stated_sec = max(stated_sec, stream.frames * frame_sec)
    if container.format.name == "matroska,webm":
        # Matroska states when the last frame ends, on the clock of the file.
        stated_sec -= origin_sec(container)
    tolerance_sec = min(MAX_CUT_SEC, max(MAX_LOSS * stated_sec, MIN_LOST_FRAMES * frame_sec))
    if stated_sec - found.end_sec <= tolerance_sec:
        return ""
    if not own_duration_sec(stream) and _other_streams_reach(path, stated_sec - tolerance_sec):
        return ""
    return (
        f"the file ends early: {found.end_sec:.1f} s of {stated_sec:.1f} s "
        "could be read; it may be cut off"
    )


def _describe_count(container: InputContainer, stream: VideoStream, num_packets: int) -> str:
    # Of mp4: other containers have an index of key frames, or of frames that repeat the last one.
    stated = len(stream.index_entries) if stream.frames and container.format.name == MP4 else 0
    if stated - num_packets <= max(MIN_LOST_FRAMES, MAX_LOSS * stated):
        return ""
    return f"{stated - num_packets} of the {stated} frames of the file are missing"


def _other_streams_reach(path: str, duration_sec: float) -> bool:
    """Return whether other streams, such as audio, reach the stated end of the file."""
    if is_address(path):
        return False
    end_sec = 0.0
    with open_video(path) as container:
        begin_sec = origin_sec(container)
        try:
            for packet in packets_of(container):
                if packet.pts is not None:
                    ticks = packet.pts + (packet.duration or 0)
                    end_sec = max(end_sec, float(ticks * packet.time_base) - begin_sec)
        except (FFmpegError, OSError):
            return False
    return end_sec >= duration_sec


class _Packets(NamedTuple):
    """The packets of a file, in its order.

    Attributes:
        times_sec: (P,) times, those of the other streams NaN.
        sizes: (P,) bytes.
        places: (P,) byte of the file; -1 where it is not known.
        has_error: (P,) whether FFmpeg found an error in it.
    """

    times_sec: np.ndarray
    sizes: np.ndarray
    places: np.ndarray
    has_error: np.ndarray


def _describe_by_packets(
    container: InputContainer, stream: VideoStream, found: FrameGaps, *, path: str, to_end: bool
) -> str:
    """Describe gaps, and an end without packets, where the facts of the reading suggest them."""
    is_regular = len(found.gaps) <= MAX_GAP_RATIO * found.num_frames + 1
    has_gaps = is_regular and found.is_much(found.lost_sec(found.gaps))
    is_unstated = container.format.name in UNSTATED_FORMATS and not stream.frames
    may_be_cut = to_end and is_unstated
    if is_address(path) or not (has_gaps or may_be_cut):
        return ""
    packets = _read_packets(path)
    if packets is None:
        return ""
    missing = _describe_gaps(container, stream, found, packets) if has_gaps else ""
    return missing or (_describe_tail(path, packets) if may_be_cut else "")


def _describe_gaps(
    container: InputContainer, stream: VideoStream, found: FrameGaps, packets: _Packets
) -> str:
    frame_sec = float(1 / stream_fps(stream))
    # Recordings of broadcasts and AVI may begin between two key frames.
    first_sec = 0.0 if may_jump(container) or container.format.name == "avi" else -1.0
    gaps = [
        gap for gap in found.gaps if gap.begin_sec > first_sec and _is_hole(gap, packets, frame_sec)
    ]
    lost_sec = found.lost_sec(gaps)
    if not found.is_much(lost_sec):
        return ""
    where = "place" if len(gaps) == 1 else "places"
    return (
        f"frames are missing: {lost_sec:.1f} s of {found.end_sec:.1f} s could not be read, in "
        f"{len(gaps)} {where}, the first at {gaps[0].begin_sec:.1f} s; the file is damaged there"
    )


def _describe_tail(path: str, packets: _Packets) -> str:
    """Describe bytes at the end that hold no packet, where the file does not state its length."""
    num_bytes = Path(path).stat().st_size
    if not (packets.places >= 0).any():
        return ""
    last = int(packets.places.argmax())
    num_left = num_bytes - int(packets.places[last] + packets.sizes[last:].sum())
    # The end of a large packet may come after the start of a later one of another stream.
    in_others = int(2 * packets.sizes[-TAIL_PACKETS:].max())
    if num_left <= max(MAX_TAIL * num_bytes, MIN_TAIL_BYTES) + in_others:
        return ""
    return (
        f"the file ends early: its last {num_left:,} of {num_bytes:,} bytes could not be read; "
        "it is damaged there"
    )


def _read_packets(path: str) -> _Packets | None:
    rows = []
    with open_video(path) as container:
        stream, origin = choose_video(container), origin_sec(container)
        if stream is None:
            return None
        try:
            for packet in packets_of(container):
                if not packet.size or packet.is_discard:
                    continue
                stamp = packet.dts if packet.pts is None else packet.pts
                time_sec = np.nan
                if packet.stream.index == stream.index and stamp is not None:
                    time_sec = float(stamp * packet.time_base) - origin
                place = -1 if packet.pos is None else packet.pos
                rows.append((time_sec, packet.size, place, packet.is_corrupt))
        except (FFmpegError, OSError):
            # Reading the frames stops there, too.
            pass
    if not rows:
        return None
    times_sec, sizes, places, has_error = (np.array(column) for column in zip(*rows, strict=True))
    return _Packets(times_sec, sizes, places, has_error)


def _is_hole(gap: Gap, packets: _Packets, frame_sec: float) -> bool:
    """Return whether the file shows that frames are missing in a gap."""
    times_sec, margin_sec = packets.times_sec, frame_sec / 2
    inside = (times_sec > gap.begin_sec + margin_sec) & (times_sec < gap.end_sec - margin_sec)
    if (packets.sizes[inside] > REPEAT_BYTES).any():
        return True
    before = np.flatnonzero(times_sec <= gap.begin_sec + margin_sec)
    after = np.flatnonzero(times_sec >= gap.end_sec - margin_sec)
    # B-frames follow the frame that is shown after them.
    first = int(before.max()) if len(before) else 0
    after = after[after > first]
    if not len(after):
        return False
    last = int(after[0])
    if packets.has_error[max(0, first - REORDERED) : last + REORDERED].any():
        return True
    # Only these have a place in the file; before the first packet is a header.
    known = np.flatnonzero(packets.places >= 0)
    known_before, known_after = known[known <= first], known[known >= last]
    if not len(before) or not len(known_before) or not len(known_after):
        return False
    first, last = int(known_before[-1]), int(known_after[0])
    num_bytes = packets.places[last] - packets.places[first] - packets.sizes[first:last].sum()
    num_missing = (gap.end_sec - gap.begin_sec) / frame_sec - 1
    expected = num_missing * float(packets.sizes[~np.isnan(times_sec)].mean())
    return bool(num_bytes > HEADER_BYTES + MIN_HOLE * expected)
