"""Frames that go on behind an mp4 that was written before: joined without encoding it again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import av

from stad.errors import InputError
from stad.structures import VideoInfo
from stad.video.audio import AudioTrack
from stad.video.file_clock import FileClock
from stad.video.opening import media_url
from stad.video.sink import CLOCK, VideoSink


class Part(NamedTuple):
    """An mp4 of ``VideoSink``, and when its first frame is shown, seconds of the whole."""

    path: Path
    begin_sec: float


class ContinuedSink:
    """Adds frames to the end of an mp4 of ``VideoSink``; its frames stay as they are.

    The file is replaced on ``close()``; ``abort()`` leaves it as it was.

    Args:
        path: the mp4, closed.
        info: the source's size and rate, as then.
        first_sec: time of the first new frame, seconds of the source.
        audio_path: the file whose audio comes along; None for silence.
        clock: as for ``VideoSink``.
        start_sec: time of the source that became 0 in the mp4.
    """

    def __init__(
        self,
        path: Path,
        info: VideoInfo,
        *,
        first_sec: float,
        audio_path: str | None = None,
        clock: FileClock | None = None,
        start_sec: float = 0.0,
    ) -> None:
        self.path = Path(path)
        self._rest_path = self.path.with_name(f".{self.path.stem}.rest{self.path.suffix}")
        # Whole ticks, so that every frame is shown when it would have been.
        self._begin_sec = float(round((first_sec - start_sec) / CLOCK) * CLOCK)
        self._rest = VideoSink(self._rest_path, info, start_sec=start_sec + self._begin_sec)
        self._audio = {"audio_path": audio_path, "start_sec": start_sec, "clock": clock}
        self.warnings: list[str] = []

    def write(self, image, time_sec: float) -> None:
        """As ``VideoSink.write``."""
        self._rest.write(image, time_sec)

    def close(self) -> None:
        """Join both and give them the file's name."""
        self._rest.close()
        parts = [Part(self.path, 0.0), Part(self._rest_path, self._begin_sec)]
        try:
            self.warnings = join_parts(self.path, parts, **self._audio)
        finally:
            self._rest_path.unlink(missing_ok=True)

    def abort(self) -> None:
        """Drop the new frames."""
        self._rest.abort()
        self._rest_path.unlink(missing_ok=True)


def join_parts(
    path: Path,
    parts: Sequence[Part],
    *,
    audio_path: str | None,
    start_sec: float,
    clock: FileClock | None = None,
) -> list[str]:
    """Write mp4s one after the other into one, without encoding the pictures again.

    Args:
        path: the mp4 to write; it may be one of the parts.
        parts: encoded alike, in order, without overlap.
        audio_path: the file whose audio comes along; None for silence.
        start_sec: time of that file that is 0 in the mp4.
        clock: of the frames of that file after they were read.

    Returns:
        What happened to the audio, for people.

    Raises:
        InputError: the disk is full, or a part is no such file.
    """
    joined = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        options = {"movflags": "+faststart"}
        with av.open(media_url(joined), "w", format="mp4", options=options) as output:
            warnings = _copy(output, parts, audio_path=audio_path, start_sec=start_sec, clock=clock)
        joined.replace(path)
    except (av.error.FFmpegError, OSError) as error:
        raise InputError(
            f"cannot write {path}: {getattr(error, 'strerror', None) or error}"
        ) from error
    finally:
        joined.unlink(missing_ok=True)
    return warnings


def _copy(
    output,
    parts: Sequence[Part],
    *,
    audio_path: str | None,
    start_sec: float,
    clock: FileClock | None,
) -> list[str]:
    stream, audio, last_dts, end_sec = None, None, None, 0.0
    for part in parts:
        with av.open(media_url(part.path)) as source:
            video = source.streams.video[0]
            if stream is None:
                stream = output.add_stream_from_template(video)
                stream.time_base = CLOCK
                if audio_path:
                    audio = AudioTrack(audio_path, output, start_sec=start_sec, clock=clock)
            for packet in source.demux(video):
                if packet.dts is None:
                    continue
                last_dts = _shift(packet, part.begin_sec, last_dts)
                packet.stream = stream
                time_sec = float(packet.pts * packet.time_base)
                end_sec = max(end_sec, time_sec + float((packet.duration or 0) * packet.time_base))
                output.mux(packet)
                if audio:
                    audio.copy_until(start_sec + time_sec)
    if not audio:
        return []
    audio.copy_until(start_sec + end_sec, is_last=True)
    audio.close()
    return audio.warnings


def _shift(packet, by_sec: float, last_dts: int | None) -> int:
    """Move a packet in time; give its decoding time."""
    ticks = round(by_sec / packet.time_base)
    packet.pts += ticks
    packet.dts += ticks
    # Where frames come at uneven times, the first ones of a part may be a little early.
    if last_dts is not None:
        packet.dts = max(packet.dts, last_dts + 1)
    return packet.dts
