"""Read a camera, a stream or a file in real time, in a thread that reconnects if it breaks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import av
from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.packet import Packet
from av.video.stream import VideoStream

from stad.errors import InputError
from stad.structures import Frame, VideoInfo
from stad.utils.limits import DECODE_SEC, check_frame_size
from stad.video.clock import StreamClock
from stad.video.conversion import FrameConverter
from stad.video.frame_queue import FrameQueue, LiveFrame
from stad.video.opening import check_file, failure_reason, is_address, media_url
from stad.video.streams import (
    choose_video,
    limit_frames,
    origin_sec,
    packets_of,
    stream_duration_sec,
    stream_fps,
)
from stad.video.time_limit import StuckError, within_limit

FIRST_PAUSE_SEC, MAX_PAUSE_SEC = 0.5, 30.0
OPEN_TIMEOUT_SEC, READ_TIMEOUT_SEC = 10.0, 5.0
# FFmpeg's time limits do not hold for devices, pipes and names of computers.
STOP_TIMEOUT_SEC = OPEN_TIMEOUT_SEC + 2.0
# If frames come later than this for a second, only key frames are decoded.
BACKLOG_DELAY_SEC, BACKLOG_LASTS_SEC = 1.0, 1.0
END_TOLERANCE_SEC = 1.0
# Time between two requests of an address that returns one image at a time.
SNAPSHOT_SEC = 0.5
# The timestamps of these formats count frames, not time.
UNTIMED_FORMATS = frozenset({"mpjpeg", "mjpeg", "h264", "hevc", "m4v"})
ENDED = "it ended"
BROKEN = (FFmpegError, OSError)
OPTIONS = {
    "rtsp": {"rtsp_flags": "prefer_tcp", "fflags": "nobuffer"},
    "rtsps": {"fflags": "nobuffer"},
}


class LiveSource:
    """Reads frames as they happen.

    A broken stream is opened again after 0.5, 1, 2 ... 30 seconds until it comes back or ``stop``
    is called; after a frame was read, the pauses start at 0.5 seconds again. The first frame after
    an interruption, and after a jump of the stream's clock, is marked as a discontinuity. See
    ``StreamClock`` for timestamps, and ``FrameConverter`` for orientation, size and colours. An
    address that returns one image per request (a camera's snapshot) is requested repeatedly.

    Args:
        source: number of a camera, URL (RTSP, HTTP or others that FFmpeg opens), or a file.
        max_latency_sec: maximum time that frames wait to be taken, seconds.
        log: called with a line of text when the stream breaks and when it is back, in the reading
            thread.

    Attributes:
        info: facts of the first frame.
        name: name for users, without the password of a URL.
        num_reconnects: number of times that the stream came back.

    Raises:
        InputError: the source cannot be opened now, or has no video.
    """

    def __init__(
        self, source: str, *, max_latency_sec: float = 2.0, log: Callable[[str], None] = print
    ) -> None:
        self.name = public_name(source)
        self._path, self._format = _address(source)
        self._scheme = urlsplit(self._path).scheme if is_address(self._path) else ""
        self._is_file = not self._scheme and self._format is None
        self._log = log
        self._queue = FrameQueue(max_latency_sec)
        self._stop = threading.Event()
        self._reader = threading.Thread(target=self._run, name="reader", daemon=True)
        self._is_started = False
        self._failure: BaseException | None = None
        self._index = self._num_skipped = 0
        self.num_reconnects = 0
        self._is_snapshot = self._was_broken = False
        check_file(self._path)
        try:
            self.info = within_limit(self._probe, self.name)
        except StuckError as error:
            raise InputError(
                f"{self.name} cannot be opened: it did not answer within {DECODE_SEC.value:g} s. "
                "Check that it is on and can be reached."
            ) from error
        is_paced = self._is_file or self._scheme in ("http", "https", "file")
        self._is_paced = is_paced and not self._untimed
        self._clock = StreamClock(is_paced=self._is_paced, is_file=self._is_file)
        self._lateness = _Lateness()

    @property
    def num_dropped(self) -> int:
        """Number of frames that were not processed because the machine was too slow."""
        return self._queue.num_dropped + self._num_skipped

    @property
    def is_over(self) -> bool:
        """True once the source has ended and every frame was taken; not if reading failed."""
        return self._failure is None and self._queue.is_over

    def start(self) -> None:
        """Start reading."""
        self._is_started = True
        self._reader.start()

    def get(self, timeout_sec: float) -> LiveFrame | None:
        """Return the next frame; None on a timeout or after the end of the source."""
        live = self._queue.get(timeout_sec)
        if self._failure is not None:
            raise self._failure
        return live

    def due_sec(self, time_sec: float) -> float:
        """Return when the frame of a time was live, on the monotonic clock, seconds."""
        return self._clock.due_sec(time_sec)

    def stop(self) -> None:
        """Stop reading, and wait for the current read to end, but not for ever."""
        self._stop.set()
        if self._is_started:
            self._reader.join(STOP_TIMEOUT_SEC)

    def _probe(self) -> VideoInfo:
        try:
            with self._open() as container:
                stream = choose_video(container)
                if stream is None:
                    raise InputError(
                        f"Expected a video, but {self.name} has no video stream. Use another."
                    )
                limit_frames(stream)
                check_frame_size(self.name, stream.codec_context.width, stream.codec_context.height)
                self._untimed = container.format.name in UNTIMED_FORMATS
                return self._info_of(container, stream)
        except BROKEN as error:
            raise InputError(
                f"{self.name} cannot be opened ({failure_reason(error)}). Use the number of a "
                "camera, an rtsp:// or http:// URL that a video player can play, or a video file."
            ) from error

    def _info_of(self, container: InputContainer, stream: VideoStream) -> VideoInfo:
        frame = next((one for one in _decoded(container, stream) if one is not None), None)
        if frame is None:
            raise InputError(f"No frame of {self.name} could be decoded. Try another source.")
        self._converter = FrameConverter(stream, frame)
        width_px, height_px = self._converter.size
        return VideoInfo(
            name=self.name,
            width_px=width_px,
            height_px=height_px,
            fps=stream_fps(stream),
            num_frames=stream.frames or 0,
            duration_sec=stream_duration_sec(container, stream),
        )

    def _open(self) -> InputContainer:
        timeout = None if self._is_file else (OPEN_TIMEOUT_SEC, READ_TIMEOUT_SEC)
        return av.open(
            media_url(self._path),
            format=self._format,
            options=OPTIONS.get(self._scheme, {}),
            metadata_errors="replace",
            timeout=timeout,
        )

    def _run(self) -> None:
        """Read, and keep the error that ends it for ``get``."""
        try:
            self._read_again_and_again()
        except BaseException as error:
            self._failure = error
        finally:
            self._queue.end()

    def _read_again_and_again(self) -> None:
        """Read and reconnect until the end or ``stop``."""
        pause_sec = FIRST_PAUSE_SEC
        while not self._stop.is_set():
            count, reason = self._index, ENDED
            try:
                if self._read_once():
                    return
            except BROKEN as error:
                reason = failure_reason(error)
            if self._stop.is_set():
                return
            if self._is_file:
                self._log(f"warning: reading {self.name} stopped early: {reason}")
                return
            if self._index > count:
                pause_sec = FIRST_PAUSE_SEC
            if self._gave_snapshot(reason, self._index - count):
                self._stop.wait(SNAPSHOT_SEC)
                continue
            self._was_broken = True
            self._log(f"{self.name}: {reason}; trying again in {pause_sec:g} s")
            self._stop.wait(pause_sec)
            pause_sec = min(2 * pause_sec, MAX_PAUSE_SEC)

    def _gave_snapshot(self, reason: str, num_frames: int) -> bool:
        """Return whether the last answer was one whole image; report it the first time."""
        is_snapshot = num_frames == 1 and reason == ENDED and self._scheme in ("http", "https")
        if is_snapshot and not self._is_snapshot:
            self._log(
                f"{self.name}: returns one image per request; it is requested again every "
                f"{SNAPSHOT_SEC:g} s"
            )
        self._is_snapshot |= is_snapshot
        return is_snapshot

    def _read_once(self) -> bool:
        """Open and read the source once; return whether it reached its stated end."""
        is_discontinuity, stamp_sec = not self._is_snapshot or self._was_broken, 0.0
        with self._open() as container:
            stream = choose_video(container)
            if stream is None:
                raise OSError("it has no video stream now")
            limit_frames(stream)
            self._converter = self._converter.again(stream)
            # Frame threads would hold some frames back.
            stream.thread_type = "SLICE"
            begin_sec = origin_sec(container)
            length_sec = stream_duration_sec(container, stream)
            self._clock.restart()
            for number, frame in enumerate(self._decode_in_time(container, stream)):
                # A stream that once broke after its first frame looked like a snapshot.
                self._is_snapshot &= number == 0
                if self._was_broken:
                    self.num_reconnects += 1
                    self._was_broken = False
                    self._log(f"{self.name}: back")
                has_time = not self._untimed and not self._is_snapshot
                stamp_sec = frame.time
                stamp_sec = stamp_sec - begin_sec if has_time and stamp_sec is not None else None
                self._put(frame, stamp_sec, is_discontinuity=is_discontinuity)
                is_discontinuity = False
        return self._is_file or bool(
            length_sec and stamp_sec and stamp_sec >= length_sec - END_TOLERANCE_SEC
        )

    def _decode_in_time(
        self, container: InputContainer, stream: VideoStream
    ) -> Iterator[av.VideoFrame]:
        """Yield decoded frames until ``stop``; only key frames while they come late."""
        self._lateness = _Lateness()
        for frame in _decoded(container, stream, is_needed=self._is_needed):
            if self._stop.is_set():
                return
            if frame is not None:
                yield frame

    def _is_needed(self, packet: Packet[VideoStream]) -> bool:
        if self._lateness.is_backlog and not packet.is_keyframe and packet.size:
            self._num_skipped += 1
            return False
        return True

    def _put(
        self, frame: av.VideoFrame, stamp_sec: float | None, *, is_discontinuity: bool
    ) -> None:
        """Convert a frame and put it into the queue, at its time where the source is paced."""
        time_sec = self._clock.take(stamp_sec, time.monotonic())
        due_sec = self._clock.due_sec(time_sec)
        ahead_sec = due_sec - time.monotonic()
        if self._is_paced and ahead_sec > 0:
            self._stop.wait(ahead_sec)
        self._lateness.update(-ahead_sec, time.monotonic())
        image = self._converter.convert(frame)
        live = LiveFrame(
            Frame(self._index, time_sec, image), due_sec, is_discontinuity or self._clock.jumped
        )
        self._index += 1
        self._queue.put(live)


class _Lateness:
    """Detects a backlog: frames that have come late for some time."""

    def __init__(self) -> None:
        self._since_sec: float | None = None
        self.is_backlog = False

    def update(self, late_sec: float, now_sec: float) -> None:
        """Note the delay of the last frame, seconds."""
        if late_sec < BACKLOG_DELAY_SEC:
            self._since_sec, self.is_backlog = None, False
        elif self._since_sec is None:
            self._since_sec = now_sec
        else:
            self.is_backlog = now_sec - self._since_sec > BACKLOG_LASTS_SEC


def _decoded(
    container: InputContainer,
    stream: VideoStream,
    *,
    is_needed: Callable[[Packet[VideoStream]], bool] = lambda packet: True,
) -> Iterator[av.VideoFrame | None]:
    """Yield decoded frames, and None for each packet that is damaged or not needed."""
    for packet in packets_of(container, stream):
        try:
            yield from packet.decode() if is_needed(packet) else (None,)
        except InvalidDataError:
            yield None


def _address(source: str) -> tuple[str, str | None]:
    """Return the name that FFmpeg opens and its format; a number is a camera of Linux."""
    if source.isdecimal():
        return f"/dev/video{int(source)}", "v4l2"
    return source, "v4l2" if source.startswith("/dev/video") else None


def public_name(source: str) -> str:
    """Return the name of a source for users, without user, password and query of a URL.

    >>> public_name("rtsp://me:secret@10.0.0.2:554/live?token=1"), public_name("0")
    ('rtsp://10.0.0.2:554/live', 'camera 0')
    """
    if source.isdecimal():
        return f"camera {int(source)}"
    if "://" not in source:
        return Path(source).name
    parts = urlsplit(source)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
