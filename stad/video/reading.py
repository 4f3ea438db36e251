"""Decode the frames of a file in one pass, from its start or from a key frame."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from itertools import chain, islice

import av
from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.video.stream import VideoStream

from stad.errors import InputError
from stad.video.display_order import DisplayOrder, lacks_display_times
from stad.video.file_clock import FileClock
from stad.video.index import FrameIndex, KeyFrame
from stad.video.losses import FrameGaps
from stad.video.opening import failure_reason, is_address, open_video
from stad.video.streams import (
    choose_video,
    has_clock,
    limit_frames,
    may_jump,
    origin_sec,
    packets_of,
    stream_fps,
)

# Of a file that is decoded again from its start, for its last frames.
COUNTED_PACKETS = 20_000


class Reading:
    """Decodes the chosen video stream of a file; a context manager that closes it.

    Args:
        path: file or URL with a video stream.
        index: index of the file, to begin at a key frame; None to decode from the start.
        from_sec: frames from this time on are needed, seconds; earlier ones may come, too.
        num_threads: threads of the decoder; 0 lets FFmpeg choose.

    Attributes:
        container, stream: of PyAV.
        clock: clock of the frames so far.
        num_damaged: number of packets so far that could not be decoded.
        num_packets, num_stored: number of packets so far, without and with those that are never
            shown.
        gaps: the times without frames so far.
        failure: the reason why reading stopped before the end of the file, or "".

    Raises:
        InputError: the file cannot be opened, or has no video stream.
    """

    container: InputContainer
    stream: VideoStream
    gaps: FrameGaps

    def __init__(
        self,
        path: str,
        *,
        index: FrameIndex | None = None,
        from_sec: float = 0.0,
        num_threads: int = 0,
    ) -> None:
        self._path, self._num_threads = path, num_threads
        self._open()
        key = None if index is None else index.key_before(from_sec)
        if key is not None and not self.jump(key):
            # The container did not seek there: decoding from the start is slower but right.
            self.container.close()
            self._open()

    def _open(self) -> None:
        self.container = open_video(self._path)
        stream = choose_video(self.container)
        if stream is None:
            raise InputError(
                f"Expected a video, but {self._path} has no video stream. Use a file with one."
            )
        self.stream = stream
        self.stream.thread_type = "AUTO"
        limit_frames(stream)
        if self._num_threads:
            self.stream.codec_context.thread_count = self._num_threads
        self._packets = packets_of(self.container, self.stream)
        self.num_damaged, self.failure = 0, ""
        self._begin(None)

    def _begin(self, first_pts: int | None) -> None:
        self._first_pts = first_pts
        self.num_packets = self.num_stored = self._num_decoded = 0
        self._last_pts = self._last_key_pts = None
        frame_sec = float(1 / stream_fps(self.stream))
        self.gaps = FrameGaps(frame_sec, from_start=first_pts is None)
        self._frames = self._from_key()
        is_unordered = lacks_display_times(self.container, self.stream)
        self._has_clock = has_clock(self.stream)
        self._order = DisplayOrder() if is_unordered and self._has_clock else None
        self.clock = FileClock(
            origin_sec=origin_sec(self.container),
            frame_sec=frame_sec,
            may_jump=may_jump(self.container),
        )

    def jump(self, key: KeyFrame) -> bool:
        """Seek to a key frame; return whether decoding begins exactly there.

        If it does not, this reading cannot be used any more.
        """
        try:
            self.container.seek(key.dts, stream=self.stream, backward=True)
            packets = packets_of(self.container, self.stream)
            for packet in packets:
                if packet.pts == key.pts and packet.is_keyframe:
                    break
                if packet.dts is None or packet.dts > key.dts:
                    return False
            else:
                return False
        except (FFmpegError, OSError):
            return False
        self._packets = chain([packet], packets)
        self._begin(key.pts)
        # A stream without whole key frames recovers some frames later, without telling.
        first = next(self._frames, None)
        if first is None or first.pts != key.pts or first.is_corrupt:
            return False
        self._frames = chain([first], self._frames)
        return True

    def frames(self) -> Iterator[tuple[float, av.VideoFrame]]:
        """Yield times, in seconds from the start of the video, and frames as they decode."""
        while (found := self.next_frame()) is not None:
            yield found

    def next_frame(self) -> tuple[float, av.VideoFrame] | None:
        """Return the time of the next frame, seconds, and the frame; None at the end."""
        frame = next(self._frames, None)
        if frame is None:
            return None
        stamp_sec = frame.time if self._has_clock else None
        if self._order is not None:
            stamp_sec = self._order.stamp_of(stamp_sec, is_key=frame.key_frame)
        time_sec = self.clock.take(stamp_sec)
        base = frame.time_base
        self.gaps.add(time_sec, float(frame.duration * base) if frame.duration and base else 0.0)
        return time_sec, frame

    def _from_key(self) -> Iterator[av.VideoFrame]:
        """Yield frames from the key frame on; earlier ones need frames that were not decoded."""
        for frame in self._decoded():
            if self._first_pts is None or frame.pts is None or frame.pts >= self._first_pts:
                yield frame

    def _decoded(self) -> Iterator[av.VideoFrame]:
        while True:
            frames: list[av.VideoFrame] = []
            try:
                packet = next(self._packets, None)
                if packet is None:
                    break
                self._count(packet)
                frames = packet.decode()
            except InvalidDataError:
                self.num_damaged += 1
            except (FFmpegError, OSError) as error:
                self.failure = failure_reason(error)
                break
            for frame in frames:
                self._num_decoded, self._last_pts = self._num_decoded + 1, frame.pts
                self._last_key_pts = frame.pts if frame.key_frame else self._last_key_pts
                yield frame
        yield from self._held_back()

    def _count(self, packet: av.Packet[VideoStream]) -> None:
        self.num_stored += packet.size > 0
        if packet.size and not packet.is_discard:
            self.num_packets += 1
            if self._order is not None and packet.pts is not None:
                self._order.add(float(packet.pts * packet.time_base))

    def _held_back(self) -> Iterator[av.VideoFrame]:
        """Yield the last frames where the decoder kept them: one thread decodes them again.

        A decoder on several threads holds some frames back. If one of the last packets is
        damaged, it gives its error in place of all of them.
        """
        num_missing = self.num_packets - self._num_decoded
        if num_missing <= 0 or is_address(self._path):
            return
        # Where times are not unique, the frames are counted from the start.
        is_counted = self._order is not None or self.clock.num_jumps > 0
        if is_counted and (self._first_pts is not None or self.num_packets > COUNTED_PACKETS):
            return
        with contextlib.suppress(FFmpegError, OSError, InputError):
            found = _frames_after(
                self._path,
                self.stream.index,
                pts=None if is_counted else self._last_pts,
                key_pts=None if is_counted else self._last_key_pts,
            )
            skipped = self._num_decoded if is_counted else 0
            yield from islice(found, skipped, skipped + num_missing)

    def __enter__(self) -> Reading:
        return self

    def __exit__(self, *_) -> None:
        self.container.close()


def _frames_after(
    path: str, stream_index: int, *, pts: int | None, key_pts: int | None
) -> Iterator[av.VideoFrame]:
    """Decode the frames after one of them, on one thread.

    Args:
        path: of the file.
        stream_index: of the video.
        pts: presentation timestamp of the frame, ticks of the stream; None for all frames.
        key_pts: timestamp of the key frame before it; None for the start of the file.
    """
    with open_video(path) as container:
        stream = container.streams[stream_index]
        if not isinstance(stream, VideoStream):
            return
        # Slices on several threads are given up at an error, too.
        stream.thread_type = "NONE"
        limit_frames(stream)
        if key_pts is not None:
            container.seek(key_pts, stream=stream, backward=True)
        for packet in packets_of(container, stream):
            try:
                frames = packet.decode()
            except InvalidDataError:
                continue
            for frame in frames:
                if pts is None or (frame.pts is not None and frame.pts > pts):
                    yield frame
