"""Open files, devices and URLs with PyAV, with any characters in their names."""

from __future__ import annotations

from pathlib import Path

import av
from av.container import InputContainer
from av.error import ExitError, FFmpegError

from stad.errors import InputError


def media_url(path: str | Path) -> str:
    """Return the name by which FFmpeg opens a path, a device or a URL.

    FFmpeg takes text before a colon for a protocol, so a file is always named with ``file:``;
    names with colons, percent signs, quotes or line breaks then work unchanged.

    >>> media_url("2024-05-01T10:20:30.mp4"), media_url("rtsp://host/stream")
    ('file:2024-05-01T10:20:30.mp4', 'rtsp://host/stream')
    """
    return str(path) if is_address(path) else f"file:{path}"


def is_address(path: str | Path) -> bool:
    """Return whether a source is a URL or a device, not a file."""
    text = str(path)
    return ("://" in text and not Path(text).exists()) or text.startswith("/dev/")


def open_video(path: str | Path) -> InputContainer:
    """Open a file, device or URL for reading.

    Raises:
        InputError: FFmpeg cannot open it.
    """
    try:
        return av.open(media_url(path), metadata_errors="replace")
    except (FFmpegError, OSError, ValueError) as error:
        raise InputError(
            f"Expected a video, but {path} cannot be read as one ({failure_reason(error)}). "
            "Use a file that a video player can play, or convert it to mp4."
        ) from error


def check_file(path: str) -> None:
    """Raise InputError unless a non-empty file is at ``path``; URLs and devices pass."""
    if is_address(path):
        return
    file = Path(path)
    if file.is_dir():
        raise InputError(f"Expected a video file, but {path} is a folder. Use a file in it.")
    if not file.exists():
        raise InputError(f"No such file: {path}. Check the name and the folder.")
    if file.stat().st_size == 0:
        raise InputError(f"Expected a video, but {path} is empty (0 bytes). Copy it again.")


def failure_reason(error: BaseException) -> str:
    """Return the reason of a failure from FFmpeg or the system, for users."""
    if isinstance(error, ExitError):
        # FFmpeg calls it "Immediate exit requested": PyAV's timeout ended the call.
        return "no data came in time"
    return getattr(error, "strerror", None) or str(error)
