"""Read small grey frames of a video forward or backward from a time."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from typing import NamedTuple

import numpy as np

from stad.inference.frames import read_frames_ahead
from stad.labeling.box_flow import small_gray
from stad.video.source import VideoSource

# Time between two frames, seconds.
STEP_SEC = 1 / 15
# Backward, frames are read forward in parts of this length.
PART_SEC = 3.0
TIME_EPSILON_SEC = 1e-3


class GrayFrame(NamedTuple):
    """A frame to compare with others.

    Attributes:
        time_sec: seconds.
        image: (H, W) uint8.
        scale: pixels of the image per pixel of the video.
    """

    time_sec: float
    image: np.ndarray
    scale: float


def forward_frames(source: VideoSource, start_sec: float) -> Generator[GrayFrame]:
    """Yield the frame that is shown at a time, and those after it."""
    # It began up to one frame before.
    begin_sec = max(start_sec - 0.5 / float(source.info.fps), 0.0)
    yield from _thinned(_part(source, begin_sec, None))


def backward_frames(source: VideoSource, end_sec: float) -> Generator[GrayFrame]:
    """Yield the frame of a time, and those before it, descending."""
    yield from _thinned(_reversed(source, end_sec + TIME_EPSILON_SEC))


def _reversed(source: VideoSource, before_sec: float) -> Generator[GrayFrame]:
    while before_sec > 0:
        start_sec = max(before_sec - PART_SEC, 0.0)
        yield from reversed(list(_part(source, start_sec, before_sec)))
        before_sec = start_sec


def _part(source: VideoSource, start_sec: float, end_sec: float | None) -> Generator[GrayFrame]:
    # The source keeps its index of the file over all parts.
    source.start_sec, source.end_sec = start_sec, end_sec
    with closing(read_frames_ahead(source.frames())) as frames:
        for frame in frames:
            yield GrayFrame(frame.time_sec, *small_gray(frame.image))


def _thinned(frames: Generator[GrayFrame]) -> Generator[GrayFrame]:
    """Yield frames of one direction that are at least a step apart."""
    last_sec = np.inf
    with closing(frames):
        for frame in frames:
            if abs(frame.time_sec - last_sec) >= STEP_SEC - TIME_EPSILON_SEC:
                last_sec = frame.time_sec
                yield frame
