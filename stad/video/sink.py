"""Write frames to an H.264 mp4 that browsers play, with the source's times and audio."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from av.packet import Packet
from av.video.reformatter import Colorspace, VideoReformatter
from av.video.stream import VideoStream

from stad.errors import InputError
from stad.structures import VideoInfo
from stad.utils.files import write_error
from stad.utils.part_files import PartFile
from stad.video.audio import AudioTrack
from stad.video.file_clock import FileClock
from stad.video.opening import media_url

SUFFIXES = (".mp4", ".m4v", ".mov")
CLOCK = Fraction(1, 90000)
HD_HEIGHT_PX = 720
# The differences between times in an mp4 have 31 bits, and B-frames add up four of them.
MAX_GAP_SEC = 5_000.0
# Takes 0.7 of the time of "veryfast" at a quality of 20, for a file 1.15 times as large.
PRESET, CRF = "superfast", 23


@contextlib.contextmanager
def writing_media(path: Path) -> Iterator[None]:
    """Turn an error of FFmpeg or of the system, while ``path`` is written, into an InputError."""
    try:
        yield
    except (FFmpegError, OSError) as error:
        raise write_error(path, error) from error


class VideoSink:
    """Writes RGB frames as H.264 yuv420p with the source's audio.

    The file has a temporary name until ``close()``; ``abort()`` removes it. Odd sizes are padded
    by one pixel, as 4:2:0 needs even ones.

    Args:
        path: the mp4 to write.
        info: size and rate of the source.
        audio_path: the file whose audio is added; None for no audio.
        clock: clock of the frames of that file while they are read; its audio follows jumps.
        start_sec: time of the source that is 0 in the mp4, seconds.
        crf: x264 quality, 0 (lossless) to 51.

    Attributes:
        num_frames: written so far.
        warnings: sentences for users about what happened to the audio.

    Raises:
        InputError: the file cannot be written.
    """

    def __init__(
        self,
        path: Path,
        info: VideoInfo,
        *,
        audio_path: str | None = None,
        clock: FileClock | None = None,
        start_sec: float = 0.0,
        crf: int = CRF,
    ) -> None:
        self.path = Path(path)
        self._info = info
        self._start_sec = start_sec
        self._size = (info.width_px + info.width_px % 2, info.height_px + info.height_px % 2)
        self._is_hd = info.height_px >= HD_HEIGHT_PX
        self._last_pts = -1
        self._frame_ticks = max(1, round(1 / (info.fps * CLOCK)))
        self._reformatter = VideoReformatter()
        self._audio: AudioTrack | None = None
        self.warnings: list[str] = []
        self.num_frames = 0
        with writing_media(self.path):
            self._part = PartFile(self.path)
        try:
            self._open(crf)
            if audio_path:
                self._add_audio(audio_path, clock, crf)
        except BaseException:
            self.abort()
            raise

    def _open(self, crf: int) -> None:
        with writing_media(self.path):
            self._container = av.open(
                media_url(self._part.path), "w", format="mp4", options={"movflags": "+faststart"}
            )
            self._stream = self._video_stream(crf)

    def _add_audio(self, audio_path: str, clock: FileClock | None, crf: int) -> None:
        """Add the audio; if the mp4 cannot hold it, begin again without it."""
        audio = AudioTrack(audio_path, self._container, start_sec=self._start_sec, clock=clock)
        self._audio, self.warnings = audio, audio.warnings
        with writing_media(self.path):
            try:
                self._container.start_encoding()
            except (FFmpegError, ValueError) as error:
                if isinstance(error, OSError):
                    raise
                audio.leave_out(error)
                self._close_quietly()
                self._audio = None
                self._open(crf)

    def _video_stream(self, crf: int) -> VideoStream:
        stream = self._container.add_stream("libx264", rate=self._info.fps)
        stream.width, stream.height = self._size
        stream.pix_fmt = "yuv420p"
        stream.time_base = CLOCK
        stream.codec_context.time_base = CLOCK
        stream.options = {"crf": str(crf), "preset": PRESET}
        # State the matrix of the colours, else players guess it by the size.
        matrix = 1 if self._is_hd else 6
        stream.codec_context.colorspace = matrix
        stream.codec_context.color_primaries = matrix
        stream.codec_context.color_trc = matrix
        stream.codec_context.color_range = 1
        return stream

    def write(self, image: np.ndarray, time_sec: float) -> None:
        """Add a frame: (H, W, 3) uint8 RGB of the source's size, shown at ``time_sec``."""
        # The frame shows the array itself, and the converter is set up once.
        frame = self._reformatter.reformat(
            av.VideoFrame.from_numpy_buffer(self._even(image), format="rgb24"),
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709 if self._is_hd else Colorspace.ITU601,
            dst_color_range="MPEG",
            threads=1,
        )
        pts = max(round((time_sec - self._start_sec) / CLOCK), self._last_pts + 1)
        if self._last_pts >= 0:
            self._frame_ticks = pts - self._last_pts
            self._check_gap(time_sec)
        frame.pts, frame.time_base = pts, CLOCK
        self._last_pts = pts
        with writing_media(self.path):
            for packet in self._stream.encode(frame):
                self._mux(packet)
            if self._audio:
                self._audio.copy_until(time_sec)
        self.num_frames += 1

    def _check_gap(self, time_sec: float) -> None:
        gap_sec = float(self._frame_ticks * CLOCK)
        if gap_sec > MAX_GAP_SEC:
            raise InputError(
                f"Cannot write {self.path}: no frame comes for {gap_sec:.0f} s before "
                f"{time_sec:.0f} s, longer than an mp4 can hold. Choose a part with --start and "
                "--end, or leave out --out."
            )

    def _mux(self, packet: Packet) -> None:
        if not packet.duration:
            packet.duration = self._frame_ticks
        self._container.mux(packet)

    def _even(self, image: np.ndarray) -> np.ndarray:
        height_px, width_px = image.shape[:2]
        pad = ((0, self._size[1] - height_px), (0, self._size[0] - width_px), (0, 0))
        if pad[0][1] or pad[1][1]:
            image = np.pad(image, pad, mode="edge")
        return np.ascontiguousarray(image)

    def close(self) -> None:
        """Finish the file and give it its final name."""
        with writing_media(self.path):
            for packet in self._stream.encode():
                self._mux(packet)
            if self._audio:
                end_sec = self._start_sec + float((self._last_pts + self._frame_ticks) * CLOCK)
                self._audio.copy_until(end_sec, is_last=True)
                self._audio.close()
            # The mp4 is opened again by its name while it is closed.
            self._container.close()
            self._part.take_place()

    def abort(self) -> None:
        """Remove the unfinished file, also on a full disk."""
        if self._audio:
            self._audio.abort()
        self._part.remove()
        self._close_quietly()

    def _close_quietly(self) -> None:
        # On a full disk FFmpeg fails here once more.
        with contextlib.suppress(AttributeError, FFmpegError, OSError, ValueError):
            self._container.close()
