"""Read a video file, camera or URL as frames with times, in order or at chosen times.

PyAV reads, as its frames have the container's timestamps, orientation and errors. Only the current
frame is kept in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.video.stream import VideoStream

from stad.errors import InputError
from stad.structures import Frame, VideoInfo
from stad.utils.limits import check_frame_size
from stad.video.conversion import FrameConverter
from stad.video.file_clock import FileClock
from stad.video.index import FrameIndex, index_packets
from stad.video.losses import describe_losses
from stad.video.opening import check_file, is_address, open_video
from stad.video.reading import Reading
from stad.video.streams import (
    choose_video,
    film_streams,
    limit_frames,
    may_jump,
    packets_of,
    stream_duration_sec,
    stream_fps,
)

TIME_EPSILON_SEC = 1e-6


class VideoSource:
    """Reads the frames of a file, more than once, or of anything else that FFmpeg opens.

    Time 0 is the start of the container (of its audio, if that begins before the video), as in
    the output of ffmpeg. See ``FileClock`` for clocks that jump and ``FrameConverter`` for
    orientation, shape of pixels and colours.

    Args:
        path: file path, device or URL.
        start_sec: start of the part to read, seconds from the start of the video; None for its
            start.
        end_sec: end of the part to read; frames with ``start_sec <= time < end_sec`` are read.
            None for the end of the video.
        num_threads: threads of the decoder; 0 lets FFmpeg choose.

    Attributes:
        info: facts that the container states.
        format_name: name of the format in FFmpeg.
        codec_name: name of the codec in FFmpeg.
        num_films: number of video streams, without covers and thumbnails.
        longest_sec: length of the longest stream that the container states, seconds; 0 if unknown.
        is_plain: whether the stored pixels are those of the images: upright, square and SDR.
        clock: clock of the current or last reading; None before the first one.
        warnings: sentences for users after ``frames()`` ended (damage, a cut file, jumps of the
            clock, tone mapping).

    Raises:
        InputError: there is no such file, it is not a video, has no video stream, or the part is
            empty.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        start_sec: float | None = None,
        end_sec: float | None = None,
        num_threads: int = 0,
    ) -> None:
        self.path = str(path)
        self.start_sec, self.end_sec = start_sec, end_sec
        self.clock: FileClock | None = None
        self.warnings: list[str] = []
        self._num_threads = num_threads
        self._index: FrameIndex | None = None
        self._packet_index: FrameIndex | None = None
        self._is_indexed = False
        self._never_shown: set[float] = set()
        check_file(self.path)
        _check_part(start_sec, end_sec)
        with open_video(self.path) as container:
            self.info = self._probe(container)
        self._check_start()

    def expected_frames(self) -> int:
        """Estimate the number of frames in ``frames()``; 0 when the container does not state it."""
        duration_sec = self.info.duration_sec
        if not duration_sec:
            return self.info.num_frames
        begin_sec = self.start_sec or 0.0
        finish_sec = min(self.end_sec or duration_sec, duration_sec)
        if self.start_sec is None and self.end_sec is None and self.info.num_frames:
            return self.info.num_frames
        return max(1, round((finish_sec - begin_sec) * float(self.info.fps)))

    def frames(self) -> Iterator[Frame]:
        """Yield the frames in order, upright RGB; damaged ones are left out and counted."""
        frames = self.timed_images(self.start_sec or 0.0)
        for index, (time_sec, image) in enumerate(frames):
            if image is not None:
                yield Frame(index=index, time_sec=time_sec, image=image)

    def timed_images(
        self, from_sec: float, *, is_wanted: Callable[[float], bool] = lambda time_sec: True
    ) -> Iterator[tuple[float, np.ndarray | None]]:
        """Yield the times of the frames, in order, with the images of those that are wanted.

        Args:
            from_sec: the first frame is the one at or after this time, seconds; one at or after
                ``start_sec``.
            is_wanted: whether to convert the frame of a time; the others cost their decoding only.
        """
        self.warnings = []
        with self._read_from(from_sec) as reading:
            converter = self._converter.again(reading.stream)
            self.clock, num_frames = reading.clock, 0
            for time_sec, frame in reading.frames():
                is_part = from_sec > 0 or self.start_sec is not None
                if is_part and time_sec < from_sec - TIME_EPSILON_SEC:
                    continue
                if self.end_sec is not None and time_sec >= self.end_sec - TIME_EPSILON_SEC:
                    break
                num_frames += 1
                yield time_sec, converter.convert(frame) if is_wanted(time_sec) else None
            if not num_frames:
                raise self._empty_error(reading)
            self._note(reading, converter, from_start=not from_sec)

    def _empty_error(self, reading: Reading) -> InputError:
        reached_sec = reading.gaps.end_sec
        if not reading.gaps.num_frames:
            return _no_frame_error(self.path)
        return InputError(
            f"{self.info.name} has no frame from {self.start_sec or 0:g} s on: those that can be "
            f"read end at {reached_sec:.1f} s. Choose an earlier time."
        )

    def packet_index(self) -> FrameIndex | None:
        """Return the times of all frames without decoding; None where packets do not give them."""
        return self._seekable_index()

    def use_packet_index(self, index: FrameIndex) -> None:
        """Take what ``packet_index`` returned for the same file, instead of reading it again."""
        self._packet_index, self._is_indexed = index, True

    def images_at(self, times_sec: Sequence[float]) -> list[np.ndarray]:
        """Return the images of some frames, decoding only the necessary ones.

        Args:
            times_sec: ascending times of frames, as in ``index()``, seconds.

        Returns:
            An (H, W, 3) uint8 RGB image for each; if a frame cannot be decoded, the nearest one
            that can.

        Raises:
            InputError: no frame can be decoded.
        """
        index = self._seekable_index()
        images, missing = self._pick(times_sec, index)
        if len(images) < len(times_sec) or (index is not None and missing - self._never_shown):
            # Decoding from key frames missed some: decode from the start.
            images, missing = self._pick(times_sec, None)
            self._never_shown |= missing
        return images

    def index(self) -> FrameIndex:
        """Return the times of all frames; reads the file once, and decodes it only if necessary."""
        if self._index is None:
            self._index = self._seekable_index()
        if self._index is None:
            with self._read_from(0.0) as reading:
                self._index = FrameIndex(np.array([time_sec for time_sec, _ in reading.frames()]))
        return self._index

    def measured_duration_sec(self) -> float:
        """Return the length, seconds; reads the file if its format only allows an estimate."""
        stated_sec = self.info.duration_sec
        is_guess = self._may_jump or not stated_sec
        return self.index().duration_sec if is_guess and not is_address(self.path) else stated_sec

    def _probe(self, container: InputContainer) -> VideoInfo:
        stream = choose_video(container)
        if stream is None:
            what = "only audio" if container.streams.audio else "no video stream"
            raise InputError(
                f"Expected a video, but {self.path} holds {what}. Use a file with a video stream."
            )
        check_frame_size(self.path, stream.codec_context.width, stream.codec_context.height)
        limit_frames(stream)
        first = self._first_frame(container, stream)
        self._converter = FrameConverter(stream, first)
        self.is_plain = self._converter.is_plain(first)
        self.format_name = container.format.name
        self.codec_name = stream.codec_context.codec.canonical_name
        self.num_films = len(film_streams(container))
        self._may_jump = may_jump(container)
        self.longest_sec = (container.duration or 0) / av.time_base
        width_px, height_px = self._converter.size
        return VideoInfo(
            name=Path(self.path).name,
            width_px=width_px,
            height_px=height_px,
            fps=stream_fps(stream),
            num_frames=stream.frames or 0,
            duration_sec=stream_duration_sec(container, stream),
            has_audio=bool(container.streams.audio),
        )

    def _first_frame(self, container: InputContainer, stream: VideoStream) -> av.VideoFrame:
        packets = packets_of(container, stream)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    break
                for frame in packet.decode():
                    return frame
            except InvalidDataError:
                continue
            except (FFmpegError, OSError):
                break
        raise _no_frame_error(self.path)

    def _check_start(self) -> None:
        if self.start_sec is None or self.start_sec < self.info.duration_sec:
            return
        duration_sec = self.measured_duration_sec()
        if 0 < duration_sec <= self.start_sec:
            raise InputError(
                f"--start {self.start_sec:g} is beyond the end of {self.info.name}, which is "
                f"{duration_sec:.1f} s long. Use an earlier start."
            )

    def _read_from(self, from_sec: float) -> Reading:
        index = self._seekable_index() if from_sec > 0 else None
        return Reading(self.path, index=index, from_sec=from_sec, num_threads=self._num_threads)

    def _seekable_index(self) -> FrameIndex | None:
        """Return the index by packets; None where they do not give the times, and for URLs."""
        if not self._is_indexed and not is_address(self.path):
            with open_video(self.path) as container:
                stream = choose_video(container)
                if stream is not None:
                    self._packet_index = index_packets(container, stream)
        self._is_indexed = True
        return self._packet_index

    def _pick(
        self, times_sec: Sequence[float], index: FrameIndex | None
    ) -> tuple[list[np.ndarray], set[float]]:
        """Return the images, none if a seek failed, and the times at which no frame was decoded."""
        images: list[np.ndarray] = []
        missing: set[float] = set()
        found = before = None
        with Reading(self.path, num_threads=self._num_threads) as reading:
            converter = self._converter.again(reading.stream)
            for target_sec in times_sec:
                key = None if index is None else index.key_before(target_sec)
                if key is not None and (found is None or key.time_sec > found[0]):
                    if not reading.jump(key):
                        return [], set()
                    found = before = None
                while found is None or found[0] < target_sec:
                    following = reading.next_frame()
                    if following is None:
                        break
                    found, before = following, found
                if found is None:
                    raise InputError(
                        f"No frame of {self.path} could be decoded. Copy it again, or convert it."
                    )
                if found[0] != target_sec:
                    missing.add(target_sec)
                nearest = min(
                    filter(None, (before, found)), key=lambda one: abs(one[0] - target_sec)
                )
                images.append(converter.convert(nearest[1]))
        return images, missing

    def _note(self, reading: Reading, converter: FrameConverter, *, from_start: bool) -> None:
        if reading.failure:
            self.warnings.append(f"reading stopped early: {reading.failure}")
        if reading.num_damaged:
            self.warnings.append(
                f"{reading.num_damaged} damaged packets could not be decoded and are left out"
            )
        if reading.clock.num_jumps:
            times = "once" if reading.clock.num_jumps == 1 else f"{reading.clock.num_jumps} times"
            self.warnings.append(
                f"the clock of the file jumps {times}: time continues after the last frame there"
            )
        if converter.hdr:
            self.warnings.append(f"HDR video ({converter.hdr}) is tone-mapped to BT.709 (SDR)")
        if converter.num_resized:
            width_px, height_px = converter.size
            self.warnings.append(
                f"the frame size changes inside the file: {converter.num_resized} frames are "
                f"fitted into {width_px}x{height_px}"
            )
        if not reading.clock.num_jumps:
            missing = describe_losses(
                reading.container,
                reading.stream,
                reading.gaps,
                path=self.path,
                num_packets=reading.num_stored if from_start else 0,
                to_end=self.end_sec is None,
            )
            self.warnings += [missing] if missing else []


def _no_frame_error(path: str) -> InputError:
    return InputError(
        f"Expected a video, but no frame of {path} could be decoded: it is damaged, or FFmpeg "
        "cannot decode its codec. Copy it again, or convert it to mp4."
    )


def _check_part(start_sec: float | None, end_sec: float | None) -> None:
    for name, value in (("--start", start_sec), ("--end", end_sec)):
        if value is not None and not 0 <= value < float("inf"):
            raise InputError(f"{name} must be a number of seconds, 0 or more, not {value}.")
    if end_sec is not None and end_sec <= (start_sec or 0.0):
        raise InputError(f"--end {end_sec:g} must be greater than --start {start_sec or 0:g}.")
