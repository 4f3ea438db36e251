"""A video file, camera or URL as frames with times, read one after the other.

PyAV reads because its frames carry the container's timestamps, rotation and errors; nothing but
the frame at hand is kept.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from stad.errors import InputError
from stad.structures import Frame, VideoInfo

DEFAULT_FPS = Fraction(30)
# A container's own duration is often off by a frame or two; only more than this is a cut.
TRUNCATED_TOLERANCE_SEC = 0.5
# Quarter turns counter-clockwise that bring a frame of this rotation metadata upright.
QUARTER_TURNS = {0: 0, 90: 1, 180: 2, -180: 2, -90: 3}


class VideoSource:
    """A file (or anything FFmpeg opens) whose frames can be read, more than once for a file.

    Args:
        path: file path, device or URL.
        start_sec, end_sec: the part to read, in seconds from the start of the video; frames
            with ``start_sec <= time < end_sec`` are given. None: from the start, to the end.

    Attributes:
        info: what the container says.
        warnings: after ``frames()`` ended, what the user should know (damage, a cut file).

    Raises:
        InputError: no such file, not a video, no picture in it, or an empty part asked for.
    """

    def __init__(self, path, *, start_sec: float | None = None, end_sec: float | None = None):
        self.path = str(path)
        self.start_sec = start_sec
        self.end_sec = end_sec
        self.warnings: list[str] = []
        check_file(self.path)
        _check_part(start_sec, end_sec)
        with self._open() as container:
            self.info = self._probe(container)
        if start_sec is not None and 0 < self.info.duration_sec <= start_sec:
            raise InputError(
                f"--start {start_sec:g} is beyond the end of {self.info.name}, which is "
                f"{self.info.duration_sec:.1f} s long: give an earlier start"
            )

    def expected_frames(self) -> int:
        """How many frames ``frames()`` will about give; 0 when the container does not say."""
        duration_sec = self.info.duration_sec
        if not duration_sec:
            return self.info.num_frames
        begin_sec = self.start_sec or 0.0
        finish_sec = min(self.end_sec or duration_sec, duration_sec)
        if self.start_sec is None and self.end_sec is None and self.info.num_frames:
            return self.info.num_frames
        return max(1, round((finish_sec - begin_sec) * float(self.info.fps)))

    def frames(self) -> Iterator[Frame]:
        """Give the frames in order, upright RGB; damaged ones are left out and counted."""
        self.warnings = []
        with self._open() as container:
            yield from self._frames_of(container)

    def _open(self):
        try:
            return av.open(self.path, metadata_errors="replace")
        except (av.error.FFmpegError, OSError, ValueError) as error:
            reason = failure_reason(error)
            raise InputError(
                f"expected a video, but {self.path} cannot be read as one ({reason}): "
                "give a file that a player plays, or convert it to mp4"
            ) from error

    def _probe(self, container) -> VideoInfo:
        if not container.streams.video:
            what = "only sound" if container.streams.audio else "no picture"
            raise InputError(
                f"expected a video, but {self.path} holds {what}: give a file with a video stream"
            )
        stream = container.streams.video[0]
        first = self._first_frame(container, stream)
        turns = quarter_turns(first)
        width_px, height_px = first.width, first.height
        if turns % 2:
            width_px, height_px = height_px, width_px
        duration_sec = stream_duration_sec(container, stream)
        return VideoInfo(
            name=Path(self.path).name,
            width_px=width_px,
            height_px=height_px,
            fps=stream_fps(stream),
            num_frames=stream.frames or 0,
            duration_sec=duration_sec,
            has_audio=bool(container.streams.audio),
        )

    def _first_frame(self, container, stream):
        for packet in container.demux(stream):
            try:
                for frame in packet.decode():
                    return frame
            except av.error.FFmpegError:
                continue
        raise InputError(
            f"expected a video, but no frame of {self.path} could be decoded: "
            "the file is damaged or its codec is not known"
        )

    def _frames_of(self, container) -> Iterator[Frame]:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        origin_sec = container.start_time / av.time_base if container.start_time else 0.0
        if self.start_sec:
            container.seek(int((self.start_sec + origin_sec) * av.time_base), backward=True)
        frame_sec = float(1 / self.info.fps)
        index, last_sec, damaged = 0, None, 0
        for frame in self._decoded(container, stream):
            if frame is None:
                damaged += 1
                continue
            if frame.time is None:
                time_sec = 0.0 if last_sec is None else last_sec + frame_sec
            else:
                time_sec = frame.time - origin_sec
            if last_sec is not None and time_sec <= last_sec:
                # Repeated or backward stamps: keep the order in which the frames are shown.
                time_sec = last_sec + frame_sec / 2
            last_sec = time_sec
            if self.start_sec is not None and time_sec < self.start_sec - 1e-6:
                continue
            if self.end_sec is not None and time_sec >= self.end_sec - 1e-6:
                return
            yield Frame(index=index, time_sec=time_sec, image=self._upright(frame))
            index += 1
        self._note_damage(damaged, last_sec)

    def _decoded(self, container, stream) -> Iterator:
        """Frames as they decode, None for each packet that does not."""
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                decoded = packet.decode()
            except av.error.InvalidDataError:
                yield None
                continue
            except (av.error.FFmpegError, OSError) as error:
                self.warnings.append(f"reading stopped early: {failure_reason(error)}")
                return
            yield from decoded

    def _upright(self, frame) -> np.ndarray:
        image = frame.to_ndarray(format="rgb24")
        turns = quarter_turns(frame)
        if turns:
            image = np.ascontiguousarray(np.rot90(image, turns))
        expected = (self.info.height_px, self.info.width_px)
        if image.shape[:2] != expected:
            # A stream may change its size; everything downstream keeps the first one.
            small = frame.reformat(width=expected[1], height=expected[0]).to_ndarray(format="rgb24")
            image = small if not turns else _resize(image, expected)
        return image

    def _note_damage(self, damaged: int, last_sec: float | None) -> None:
        if damaged:
            self.warnings.append(f"{damaged} damaged packets could not be decoded and are left out")
        if self.end_sec is not None:
            return
        reached_sec = (last_sec or 0.0) + float(1 / self.info.fps)
        if self.info.duration_sec - reached_sec > TRUNCATED_TOLERANCE_SEC:
            self.warnings.append(
                f"the file ends early: {reached_sec:.1f} s of {self.info.duration_sec:.1f} s "
                "could be read; it may be cut off"
            )


def _resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    picture = av.VideoFrame.from_ndarray(image, format="rgb24")
    return picture.reformat(width=size[1], height=size[0]).to_ndarray(format="rgb24")


def quarter_turns(frame) -> int:
    """Counter-clockwise quarter turns (0-3) that bring the frame upright."""
    rotation = round(frame.rotation / 90.0) * 90
    if rotation not in QUARTER_TURNS:
        warnings.warn(f"rotation of {frame.rotation} degrees is left as it is", stacklevel=2)
    return QUARTER_TURNS.get(rotation, 0)


def stream_fps(stream) -> Fraction:
    """Frames per second of a PyAV stream, as well as it is known."""
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and 0 < rate <= 1000:
            return Fraction(rate)
    return DEFAULT_FPS


def stream_duration_sec(container, stream) -> float:
    """Length that the container states, seconds; 0.0 where it states none."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else 0.0


def check_file(path: str) -> None:
    """Raise InputError where no file with anything in it is at a path; URLs and devices pass."""
    if "://" in path or path.startswith("/dev/"):
        return
    file = Path(path)
    if file.is_dir():
        raise InputError(f"expected a video file, but {path} is a folder: give a file in it")
    if not file.exists():
        raise InputError(f"no such file: {path}; check the name and the folder")
    if file.stat().st_size == 0:
        raise InputError(f"expected a video, but {path} is empty (0 bytes): copy it again")


def _check_part(start_sec: float | None, end_sec: float | None) -> None:
    for name, value in (("--start", start_sec), ("--end", end_sec)):
        if value is not None and not 0 <= value < float("inf"):
            raise InputError(f"{name} must be a number of seconds from 0 up, got {value}")
    if end_sec is not None and end_sec <= (start_sec or 0.0):
        raise InputError(f"--end {end_sec:g} must be greater than --start {start_sec or 0:g}")


def failure_reason(error: BaseException) -> str:
    """What FFmpeg or the system says of a failure, for people."""
    return getattr(error, "strerror", None) or str(error)
