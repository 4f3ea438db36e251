"""Decode the frames of a file in one pass, from its start or from a key frame."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import av
from av.error import FFmpegError, InvalidDataError
from av.video.stream import VideoStream

from stad.errors import InputError
from stad.video.display_order import DisplayOrder, lacks_display_times
from stad.video.file_clock import FileClock
from stad.video.index import FrameIndex, KeyFrame
from stad.video.opening import failure_reason, open_video
from stad.video.streams import choose_video, may_jump, origin_sec, stream_fps


class Reading:
    """Decodes the chosen video stream of a file; a context manager that closes it.

    Args:
        path: file or URL with a video stream.
        index: index of the file, to begin at a key frame; None to decode from the start.
        from_sec: frames from this time on are needed, seconds; earlier ones may come, too.
        num_threads: threads of the decoder; 0 lets FFmpeg choose.

    Attributes:
        stream: PyAV stream.
        clock: clock of the frames so far.
        num_damaged: number of packets so far that could not be decoded.
        failure: the reason why reading stopped before the end of the file, or "".

    Raises:
        InputError: the file cannot be opened, or has no video stream.
    """

    stream: VideoStream

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
            self._container.close()
            self._open()

    def _open(self) -> None:
        self._container = open_video(self._path)
        stream = choose_video(self._container)
        if stream is None:
            raise InputError(
                f"Expected a video, but {self._path} has no video stream. Use a file with one."
            )
        self.stream = stream
        self.stream.thread_type = "AUTO"
        if self._num_threads:
            self.stream.codec_context.thread_count = self._num_threads
        self._packets = self._container.demux(self.stream)
        self.num_damaged, self.failure = 0, ""
        self._begin(None)

    def _begin(self, first_pts: int | None) -> None:
        self._first_pts = first_pts
        self._frames = self._from_key()
        is_unordered = lacks_display_times(self._container, self.stream)
        self._order = DisplayOrder() if is_unordered else None
        self.clock = FileClock(
            origin_sec=origin_sec(self._container),
            frame_sec=float(1 / stream_fps(self.stream)),
            may_jump=may_jump(self._container),
        )

    def jump(self, key: KeyFrame) -> bool:
        """Seek to a key frame; return whether decoding begins exactly there.

        If it does not, this reading cannot be used any more.
        """
        try:
            self._container.seek(key.dts, stream=self.stream, backward=True)
            packets = self._container.demux(self.stream)
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
        stamp_sec = frame.time
        if self._order is not None:
            stamp_sec = self._order.stamp_of(stamp_sec, is_key=frame.key_frame)
        return self.clock.take(stamp_sec), frame

    def _from_key(self) -> Iterator[av.VideoFrame]:
        """Yield frames from the key frame on; earlier ones need frames that were not decoded."""
        for frame in self._decoded():
            if self._first_pts is None or frame.pts is None or frame.pts >= self._first_pts:
                yield frame

    def _decoded(self) -> Iterator[av.VideoFrame]:
        while True:
            try:
                packet = next(self._packets, None)
                if packet is None:
                    return
                if self._order is not None and packet.size and packet.pts is not None:
                    self._order.add(float(packet.pts * packet.time_base))
                frames = packet.decode()
            except InvalidDataError:
                self.num_damaged += 1
                continue
            except (FFmpegError, OSError) as error:
                self.failure = failure_reason(error)
                return
            yield from frames

    def __enter__(self) -> Reading:
        return self

    def __exit__(self, *_) -> None:
        self._container.close()
