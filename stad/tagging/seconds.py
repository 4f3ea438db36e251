"""Read a clip around the middle of each second of a video, every frame decoded once."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from typing import NamedTuple

import numpy as np

from stad.inference.frames import FrameSource, read_frames_ahead
from stad.tagging.kind import STEP_SEC
from stad.video.geometry import resize_frame
from stad.video.window import FrameBuffer, Window

# The whole frame is seen, in the nearest of these ratios of the long side to the short one: each
# size of clips takes a conversion of the network, and folders of videos have many.
RATIOS = (1.0, 4 / 3, 16 / 9)
GRID_PX = 32


class SecondClip(NamedTuple):
    """The clip of one second.

    Attributes:
        time_sec: its middle, seconds from the start of the video.
        frames: (T, H, W, 3) uint8 RGB.
    """

    time_sec: float
    frames: np.ndarray


def view_size(width_px: int, height_px: int, short_side_px: int) -> tuple[int, int]:
    """Return (width, height) of the clips of a video: the nearest of the shapes of ``RATIOS``.

    >>> view_size(1920, 1080, 224), view_size(640, 480, 224), view_size(1080, 1920, 224)
    ((384, 224), (288, 224), (224, 384))
    """
    ratio = max(width_px, height_px) / min(width_px, height_px)
    nearest = min(RATIOS, key=lambda one: abs(np.log(one / ratio)))
    long_side_px = max(short_side_px, round(short_side_px * nearest / GRID_PX) * GRID_PX)
    if nearest == 1:
        long_side_px = short_side_px
    return (long_side_px, short_side_px) if width_px >= height_px else (short_side_px, long_side_px)


def read_seconds(
    source: FrameSource, window: Window, *, size: tuple[int, int]
) -> Generator[SecondClip]:
    """Yield the clip around 0.5 s, 1.5 s and so on; that of the middle for less than half a second.

    The times are the container's; a rate that varies changes nothing. Beyond the ends of the video
    its first or last frame repeats. Memory holds one window.

    Args:
        source: of the video.
        window: the frames of a clip.
        size: (width, height) of the clips, pixels.

    Raises:
        InputError: the video cannot be read.
    """
    buffer, middle_sec, end_sec = FrameBuffer(), STEP_SEC / 2, 0.0
    frame_sec = float(1 / source.info.fps) if source.info.fps else 0.0
    with closing(read_frames_ahead(source.frames())) as frames:
        for frame in frames:
            buffer.append(frame.time_sec, resize_frame(frame.image, size))
            end_sec = frame.time_sec + frame_sec
            # One frame beyond the window: the next could be nearer than the last.
            while frame.time_sec > middle_sec + window.after_sec:
                yield SecondClip(middle_sec, buffer.clip(middle_sec, window))
                middle_sec += STEP_SEC
            buffer.drop_before(middle_sec - window.before_sec)
    if not len(buffer):
        return
    if end_sec <= STEP_SEC / 2:
        yield SecondClip(end_sec / 2, buffer.clip(end_sec / 2, window))
    while middle_sec < end_sec:
        yield SecondClip(middle_sec, buffer.clip(middle_sec, window))
        middle_sec += STEP_SEC
