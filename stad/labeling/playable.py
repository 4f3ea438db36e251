"""Give browsers a file that they play: the video itself, or a copy in H.264."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stad.annotations.own.fingerprint import fingerprint
from stad.annotations.own.folder import OwnFolder
from stad.own_classes.alone import Stopped, alone_with
from stad.video.opening import open_video
from stad.video.sink import VideoSink
from stad.video.source import VideoSource
from stad.video.streams import choose_video

PLAYABLE = "playable"
MP4_SUFFIXES, WEBM_SUFFIXES = (".mp4", ".m4v", ".mov"), (".webm",)
# What Chrome, Firefox and Safari all play.
MP4_CODECS, WEBM_CODECS = ("h264",), ("vp8", "vp9")
PIXEL_FORMATS = ("yuv420p", "yuvj420p")
# A file whose clock begins later than a frame after 0 would show labels at other times.
MAX_START_SEC = 0.05


def plays_in_browsers(path: str | Path) -> bool:
    """Return whether browsers play a file as it is, with the same times.

    Raises:
        InputError: it is not a video.
    """
    suffix = Path(path).suffix.lower()
    with open_video(path) as container:
        stream = choose_video(container)
        if stream is None:
            return False
        starts = [container.start_time or 0, *(_start_us(one) for one in container.streams.video)]
        codec = stream.codec_context
        if any(abs(one) / 1e6 > MAX_START_SEC for one in starts) or len(starts) > 2:
            return False
        if codec.pix_fmt not in PIXEL_FORMATS:
            return False
        if suffix in WEBM_SUFFIXES:
            return codec.codec.canonical_name in WEBM_CODECS
        return suffix in MP4_SUFFIXES and codec.codec.canonical_name in MP4_CODECS


def _start_us(stream) -> float:
    return float((stream.start_time or 0) * stream.time_base) * 1e6


def media_type(path: Path) -> str:
    """Return the media type of a playable file."""
    # Browsers play QuickTime files under the name of their successor only.
    return "video/webm" if path.suffix.lower() in WEBM_SUFFIXES else "video/mp4"


def copy_path(folder: OwnFolder, video: str) -> Path:
    """Return where the playable copy of a video is, if it has one."""
    return folder.cache_path(PLAYABLE) / f"{fingerprint(folder.video_path(video))}.mp4"


def playable_path(folder: OwnFolder, video: str) -> Path | None:
    """Return the file that browsers play for a video; None if it has to be made first.

    Raises:
        InputError: it is not a video.
    """
    path = folder.video_path(video)
    if plays_in_browsers(path):
        return path
    copy = copy_path(folder, video)
    return copy if copy.is_file() else None


def make_copy(
    folder: OwnFolder,
    video: str,
    *,
    on_time: Callable[[float], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Path:
    """Write the playable copy of a video, with its times and audio.

    Args:
        folder: of the videos.
        video: its name.
        on_time: called with the time of each frame that was written, seconds.
        should_stop: asked before each frame.

    Raises:
        InputError: the video cannot be read, or the copy cannot be written.
        Stopped: ``should_stop`` said so; nothing was kept.
    """
    with alone_with(folder, video, should_stop=should_stop):
        target = copy_path(folder, video)
        if not target.is_file():
            _write_copy(VideoSource(folder.video_path(video)), target, on_time, should_stop)
        return target


def _write_copy(
    source: VideoSource,
    target: Path,
    on_time: Callable[[float], None],
    should_stop: Callable[[], bool],
) -> None:
    sink: VideoSink | None = None
    try:
        for frame in source.frames():
            if should_stop():
                raise Stopped
            if sink is None:
                audio_path = source.path if source.info.has_audio else None
                sink = VideoSink(target, source.info, audio_path=audio_path, clock=source.clock)
            sink.write(frame.image, frame.time_sec)
            on_time(frame.time_sec)
        if sink is not None:
            sink.close()
    except BaseException:
        if sink is not None:
            sink.abort()
        raise
