"""Read the frames of a run from a video file or from arrays."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Protocol

import numpy as np

from stad.errors import InputError
from stad.inference.argument_checks import check_kind, check_number
from stad.structures import Frame, VideoInfo
from stad.utils.workers import read_ahead
from stad.video.source import VideoSource

# Decoded frames that wait; enough for a slow one, such as a key frame, to hold up nothing.
MAX_DECODED, MAX_DECODED_BYTES = 8, 64 * 2**20


class FrameSource(Protocol):
    """Anything that gives the frames of one video, in order."""

    @property
    def info(self) -> VideoInfo:
        """Size, rate and name of the video."""
        ...

    @property
    def start_sec(self) -> float | None:
        """Time at which reading begins, seconds; None at the start."""
        ...

    @property
    def end_sec(self) -> float | None:
        """Time at which reading ends, seconds; None at the end."""
        ...

    @property
    def warnings(self) -> list[str]:
        """Sentences for the user about the video, known after all frames were read."""
        ...

    def frames(self) -> Iterator[Frame]:
        """Yield the frames."""
        ...

    def measured_duration_sec(self) -> float:
        """Return the exact length, seconds; 0.0 if it is not known."""
        ...


class ArraySource:
    """Frames that are arrays, at a constant rate from time 0.

    Args:
        images: (H, W, 3) uint8 RGB arrays of one size; they are copied.
        fps: frames per second.

    Raises:
        InputError: there are no images, one is not such an array, or the rate is not above 0.
    """

    start_sec = end_sec = None

    def __init__(self, images: Iterable[np.ndarray], *, fps: float) -> None:
        if not 0 < fps < float("inf"):
            raise InputError(f"'fps' must be above 0, got {fps:g}. Give the frames per second.")
        images = iter(images)
        first = next(images, None)
        if first is None:
            raise InputError("There are no images: give at least one array (H, W, 3).")
        first = _as_image(first, 0)
        self._images, self._fps = chain([first], images), fps
        height_px, width_px = first.shape[:2]
        rate = Fraction(fps).limit_denominator(100_000)
        self.info = VideoInfo("frames", width_px, height_px, rate, num_frames=0, duration_sec=0.0)
        self.warnings: list[str] = []

    def frames(self) -> Iterator[Frame]:
        """Yield the frames; once only."""
        size_px = self.info.width_px, self.info.height_px
        for index, given in enumerate(self._images):
            image = _as_image(given, index)
            if image.shape[1::-1] != size_px:
                raise InputError(
                    f"Image {index} is {image.shape[1]}x{image.shape[0]}, the first one is "
                    f"{size_px[0]}x{size_px[1]}. Give images of one size."
                )
            yield Frame(index, index / self._fps, image)

    def measured_duration_sec(self) -> float:
        """Return 0.0: the length is not known."""
        return 0.0


def _as_image(given: np.ndarray, index: int) -> np.ndarray:
    image = np.array(given, order="C")
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        raise InputError(
            f"Image {index} must be an array (H, W, 3) uint8 in RGB, not {image.shape} "
            f"{image.dtype}."
        )
    return image


def read_frames_ahead(frames: Iterable[Frame]) -> Generator[Frame]:
    """Yield frames in order while a thread decodes the next ones."""
    return read_ahead(
        frames,
        size_of=lambda frame: frame.image.nbytes,
        max_items=MAX_DECODED,
        max_bytes=MAX_DECODED_BYTES,
    )


def open_frames(
    video: str | Path | VideoSource | Iterable[np.ndarray],
    *,
    fps: float | None = None,
    start_sec: float | None = None,
    end_sec: float | None = None,
) -> FrameSource:
    """Return the frames of a file, of an open ``VideoSource`` or of arrays.

    Args:
        video: path, ``VideoSource``, or (H, W, 3) uint8 RGB arrays of one size.
        fps: frames per second of arrays; None for a video, which has its own times.
        start_sec: where to begin to read a file, seconds; None for its start.
        end_sec: where to end, seconds; None for its end.

    Raises:
        InputError: the video cannot be read, or an argument does not go with it.
    """
    expected = "a path, a VideoSource, or an iterable of (H, W, 3) uint8 RGB arrays with fps"
    check_kind("video", video, (str, Path, VideoSource, Iterable), expected)
    for name, value in (("fps", fps), ("start_sec", start_sec), ("end_sec", end_sec)):
        check_number(name, value)
    is_path = isinstance(video, (str, Path))
    if (start_sec is not None or end_sec is not None) and not is_path:
        raise InputError("'start_sec' and 'end_sec' are for files; give them to the VideoSource.")
    if isinstance(video, VideoSource) or is_path:
        if fps is not None:
            raise InputError("'fps' is for arrays only. Leave it out: a video has its own times.")
        if isinstance(video, VideoSource):
            return video
        return VideoSource(video, start_sec=start_sec, end_sec=end_sec)
    if fps is None:
        raise InputError("Give fps, the frames per second of the arrays.")
    return ArraySource(video, fps=fps)
