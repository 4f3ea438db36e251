"""Check that a file is a video that the service takes, in a process that may die of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from stad.errors import InputError
from stad.serving.child import Child, ChildGone

# Formats that hold their frames themselves. Playlists, session descriptions and scripts (hls, dash,
# sdp, concat ...) name other files and addresses, which FFmpeg would open: they are refused.
FORMATS = (
    *("mov", "matroska", "avi", "mpegts", "mpeg", "mpegvideo", "m4v", "h264", "hevc", "obu", "ivf"),
    *("flv", "live_flv", "asf", "ogg", "mxf", "gif", "apng", "nut", "rm", "dv", "wtv", "av1"),
    *("yuv4mpegpipe", "vob", "swf"),
)
OPTIONS = {"format_whitelist": ",".join(FORMATS), "protocol_whitelist": "file"}
# 8K is 33 million pixels.
MAX_PIXELS = 40_000_000
# For the page; browsers play these.
MEDIA_TYPES = {"mov": "video/mp4", "webm": "video/webm", "ogg": "video/ogg"}
UNKNOWN_TYPE = "application/octet-stream"
TIMEOUT_SEC = 30.0


@dataclass(frozen=True)
class VideoFacts:
    """Facts that a look at a video gives.

    Attributes:
        duration_sec: seconds; 0 if the file does not state it.
        media_type: for browsers.
    """

    duration_sec: float
    media_type: str


def check_content(path: Path, *, name: str, max_length_sec: float) -> VideoFacts:
    """Return the facts of a video.

    Args:
        path: of the file.
        name: what the client calls it, for messages.
        max_length_sec: maximum length.

    Raises:
        InputError: it is not a video, or not one that the service takes.
    """
    import av
    from av.error import FFmpegError

    from stad.video.opening import failure_reason
    from stad.video.source import VideoSource

    if not path.is_file():
        raise InputError(f"The file of {name} is not there any more.")
    if path.stat().st_size == 0:
        raise InputError(f"Expected a video, but {name} is empty (0 bytes).")
    try:
        with av.open(f"file:{path}", options=OPTIONS, metadata_errors="replace") as container:
            streams = container.streams.video
            num_pixels = max((one.width * one.height for one in streams), default=0)
            kinds = container.format.name.split(",")
    except (FFmpegError, OSError, ValueError) as error:
        raise InputError(
            f"Expected a video, but {name} cannot be read as one ({failure_reason(error)}). "
            "Send a file that a video player can play, such as an mp4."
        ) from error
    if num_pixels > MAX_PIXELS:
        raise InputError(
            f"The frames of {name} have {num_pixels / 1e6:.0f} million pixels. The service takes "
            f"up to {MAX_PIXELS / 1e6:.0f} million."
        )
    info = VideoSource(path).info
    if info.duration_sec > max_length_sec:
        raise too_long(name, info.duration_sec, max_length_sec)
    kind = next((MEDIA_TYPES[one] for one in kinds if one in MEDIA_TYPES), UNKNOWN_TYPE)
    return VideoFacts(float(info.duration_sec), kind)


def too_long(name: str, length_sec: float, max_length_sec: float) -> InputError:
    """Return the error of a video that is too long."""
    return InputError(
        f"{name} is {length_sec:.0f} s long. The service takes videos of up to "
        f"{max_length_sec:g} s: send a part of it."
    )


class Prober:
    """Looks at videos in a process of its own; a file that ends or blocks it is not a video.

    Args:
        max_length_sec: maximum length of a video.
    """

    def __init__(self, *, max_length_sec: float) -> None:
        self._max_length_sec = max_length_sec
        self._child: Child | None = None
        self._lock = threading.Lock()

    def check(self, path: Path, *, name: str) -> VideoFacts:
        """Return the facts of a video; see ``check_content``."""
        with self._lock:
            if self._child is None:
                self._child = Child(_answer, name="stad-probe")
            child, answer = self._child, None
            try:
                child.send((path, name, self._max_length_sec))
                answer = child.receive(TIMEOUT_SEC)
                reason = f"did not open within {TIMEOUT_SEC:.0f} s"
            except ChildGone:
                reason = "made FFmpeg crash"
            if answer is None:
                self._child = None
                child.kill()
                raise InputError(f"Expected a video, but {name} {reason}. Convert it to mp4.")
        if isinstance(answer, str):
            raise InputError(answer)
        return answer

    def close(self) -> None:
        """End the process."""
        with self._lock:
            if self._child is not None:
                self._child.kill()
                self._child = None


def _answer(pipe: Connection) -> None:
    while True:
        try:
            message = pipe.recv()
        except (EOFError, OSError):
            return
        if message is None:
            return
        path, name, max_length_sec = message
        try:
            pipe.send(check_content(path, name=name, max_length_sec=max_length_sec))
        except InputError as error:
            pipe.send(shown_message(error, path, name))


def shown_message(error: Exception, path: Path, name: str) -> str:
    """Return an error's message for a client: with its name of the video and without folders."""
    return str(error).replace(str(path), name).replace(f"{path.parent}/", "")
