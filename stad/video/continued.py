"""Append frames to an mp4 that was written before, without encoding it again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream

from stad.structures import VideoInfo
from stad.utils.files import renamed_into_place
from stad.video.audio import AudioTrack
from stad.video.file_clock import FileClock
from stad.video.opening import media_url
from stad.video.sink import CLOCK, VideoSink, writing_media

# More than x264 reorders.
HEAD_PACKETS = 32


class Part(NamedTuple):
    """An mp4 of ``VideoSink``, and the time of its first frame in the joined one, seconds."""

    path: Path
    begin_sec: float


def rest_path(path: Path) -> Path:
    """Return the name of the new frames until they are added: beside the mp4, hidden."""
    return path.with_name(f".{path.stem}.rest{path.suffix}")


class ContinuedSink:
    """Adds frames to the end of an mp4 of ``VideoSink``; its frames stay unchanged.

    The file is replaced on ``close()``; ``abort()`` leaves it unchanged.

    Args:
        path: the mp4, closed.
        info: size and rate of the source, the same as for the mp4.
        first_sec: time of the first new frame, seconds of the source.
        audio_path: the file whose audio is added; None for no audio.
        clock: as for ``VideoSink``.
        start_sec: time of the source that is 0 in the mp4, seconds.
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
        self._rest_path = rest_path(self.path)
        # Whole ticks, so that every frame has the time that it has without an interruption.
        self._begin_sec = float(round((first_sec - start_sec) / CLOCK) * CLOCK)
        self._rest = VideoSink(self._rest_path, info, start_sec=start_sec + self._begin_sec)
        self._audio_path, self._start_sec, self._clock = audio_path, start_sec, clock
        self.warnings: list[str] = []

    def write(self, image: np.ndarray, time_sec: float) -> None:
        """Add a frame, as ``VideoSink.write``."""
        self._rest.write(image, time_sec)

    def close(self) -> None:
        """Join both parts under the name of the file."""
        self._rest.close()
        parts = [Part(self.path, 0.0), Part(self._rest_path, self._begin_sec)]
        try:
            self.warnings = join_parts(
                self.path,
                parts,
                audio_path=self._audio_path,
                start_sec=self._start_sec,
                clock=self._clock,
            )
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
    """Write mp4s one after the other into one, without encoding the frames again.

    Args:
        path: the mp4 to write; it may be one of the parts.
        parts: mp4s of the same encoding, in order, without overlap.
        audio_path: the file whose audio is added; None for no audio.
        start_sec: time of that file that is 0 in the mp4, seconds.
        clock: clock of the frames of that file after they were read.

    Returns:
        Sentences for users about what happened to the audio.

    Raises:
        InputError: the disk is full, or a part is not an mp4.
    """
    options = {"movflags": "+faststart"}
    with (
        writing_media(path),
        renamed_into_place(path) as joined,
        av.open(media_url(joined), "w", format="mp4", options=options) as output,
    ):
        return _copy(output, parts, audio_path=audio_path, start_sec=start_sec, clock=clock)


def _copy(
    output: OutputContainer,
    parts: Sequence[Part],
    *,
    audio_path: str | None,
    start_sec: float,
    clock: FileClock | None,
) -> list[str]:
    stream: VideoStream | None = None
    audio: AudioTrack | None = None
    last_dts, end_sec = None, 0.0
    early = _missing_delay(parts)
    for number, part in enumerate(parts):
        with av.open(media_url(part.path)) as source:
            video = source.streams.video[0]
            if stream is None:
                stream = output.add_stream_from_template(video)
                stream.time_base = CLOCK
                if audio_path:
                    audio = AudioTrack(audio_path, output, start_sec=start_sec, clock=clock)
            for packet in source.demux(video):
                if packet.dts is None or packet.pts is None:
                    continue
                ticks = round(part.begin_sec / packet.time_base)
                pts, dts = packet.pts + ticks, packet.dts + ticks
                dts -= 0 if number else early
                # Where frames come at uneven times, the first ones of a part may be a little early.
                if last_dts is not None:
                    dts = max(dts, last_dts + 1)
                packet.pts, packet.dts = pts, dts
                last_dts = dts
                packet.stream = stream
                time_sec = float(pts * packet.time_base)
                end_sec = max(end_sec, time_sec + float((packet.duration or 0) * packet.time_base))
                output.mux(packet)
                if audio:
                    audio.copy_until(start_sec + time_sec)
    if not audio:
        return []
    audio.copy_until(start_sec + end_sec, is_last=True)
    audio.close()
    return audio.warnings


def _missing_delay(parts: Sequence[Part]) -> int:
    """Return by how much the first part is decoded later than in an unbroken mp4, ticks.

    A first part of one or two frames has no B-frames. Decoding then begins with its first frame,
    not the delay of the encoder before it, and the video track would be shorter by that.
    """
    first, *others = [_head(part) for part in parts]
    if first.delay:
        return 0
    delayed = next((one for one in others if one.delay), None)
    if delayed is None:
        return 0
    begin = min(delayed.pts)
    num_frames = sum(pts < begin + delayed.delay for pts in delayed.pts)
    shown = sorted(pts for one in (first, *others) for pts in one.pts)
    return shown[min(num_frames, len(shown) - 1)] - shown[0]


class _Head(NamedTuple):
    """Display times of the first packets of a part, and how much earlier decoding begins, ticks."""

    pts: list[int]
    delay: int


def _head(part: Part) -> _Head:
    with av.open(media_url(part.path)) as source:
        video = source.streams.video[0]
        stamps = ((one.pts, one.dts) for one in source.demux(video))
        known = ((pts, pts - dts) for pts, dts in stamps if pts is not None and dts is not None)
        first = list(islice(known, HEAD_PACKETS))
        begin = round(part.begin_sec / CLOCK)
        return _Head([pts + begin for pts, _ in first], first[0][1] if first else 0)
