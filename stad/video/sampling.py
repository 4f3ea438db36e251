"""Choose the times of the frames of a clip in a whole video: one window, or all its segments.

a video of ten seconds, T = 4

dense      . . . . . . . x x x x . . . . . . . .   a window, at random or evenly placed
segments   | . x . . | x . . . | . . . x | . x . |  one frame of each of T equal parts
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from stad.errors import InputError
from stad.video.window import Window

SAMPLINGS = ("dense", "segments")
CROPS = (1, 3, 10)


class Views(NamedTuple):
    """The views of a video in tests: ``num_clips`` clips of ``num_crops`` square crops each."""

    num_clips: int
    num_crops: int

    def __str__(self) -> str:
        return f"{self.num_clips}x{self.num_crops}"


def parse_views(text: str) -> Views:
    """Read views such as '10x3', 10 clips of 3 crops.

    Raises:
        InputError: the text has another form, no clip, or other than 1, 3 or 10 crops.

    >>> parse_views("10x3")
    Views(num_clips=10, num_crops=3)
    """
    match = re.fullmatch(r"(\d{1,4})x(\d{1,4})", text.strip().lower())
    views = Views(*map(int, match.groups())) if match else None
    if views is None or views.num_clips < 1 or views.num_crops not in CROPS:
        raise InputError(
            "--views must be CLIPSxCROPS with 1 or more clips and 1, 3 or 10 crops, such as 1x1 "
            f"or 10x3, not {text!r}."
        )
    return views


def check_sampling(sampling: str) -> None:
    """Raise ValueError unless ``sampling`` is one of ``SAMPLINGS``."""
    if sampling not in SAMPLINGS:
        raise ValueError(f"sampling must be one of {', '.join(SAMPLINGS)}, got {sampling!r}")


def segment_times(duration_sec: float, num_segments: int, parts: np.ndarray | float) -> np.ndarray:
    """Return one time in each of equal segments of a video.

    Wang et al., "Temporal Segment Networks", ECCV 2016, section 3.1.

    Args:
        duration_sec: length of the video, seconds.
        num_segments: T.
        parts: (T,) or one number: position of each time in its segment, in [0, 1[.

    Returns:
        (T,) float64 seconds.

    >>> segment_times(9.0, 3, 0.5).tolist()
    [1.5, 4.5, 7.5]
    """
    return (np.arange(num_segments) + parts) * (duration_sec / num_segments)


def window_center(duration_sec: float, window: Window, part: float) -> float:
    """Return the centre of a window in a video: at its start for ``part`` 0, at its end for 1.

    A window longer than the video is centred on it: the end frames repeat on both sides.

    Args:
        duration_sec: length of the video, seconds.
        window: the frames of a clip.
        part: position in the video, in [0, 1].

    Returns:
        The centre, seconds, as ``stad.video.window.clip_frames`` takes it.

    >>> window = Window(4, 3)  # 0.4 s
    >>> [round(window_center(2.0, window, part), 3) for part in (0, 0.5, 1)]
    [0.2, 1.0, 1.8]
    """
    length_sec = window.num_frames * window.interval_sec
    room_sec = duration_sec - length_sec
    start_sec = room_sec * part if room_sec > 0 else room_sec / 2
    return start_sec + window.before_sec


def random_times(
    duration_sec: float, window: Window, *, sampling: str, rng: np.random.Generator
) -> np.ndarray:
    """Draw the times of a clip for training.

    Args:
        duration_sec: length of the video, seconds.
        window: the frames of a clip, jittered if its ``jitter`` is set; with 'segments', only its
            number of frames counts.
        sampling: 'dense', a window anywhere in the video, or 'segments', a random frame of each
            of T equal parts.
        rng: random numbers.

    Returns:
        (T,) float64 ascending seconds; with 'dense' some may lie outside of a short video.
    """
    check_sampling(sampling)
    if sampling == "segments":
        return segment_times(duration_sec, window.num_frames, rng.random(window.num_frames))
    center_sec = window_center(duration_sec, window, rng.random())
    return center_sec + window.jittered(rng).offsets_sec()


def view_times(
    duration_sec: float, window: Window, *, sampling: str, num_clips: int, index: int
) -> np.ndarray:
    """Return the times of clip ``index`` of ``num_clips`` for testing.

    One clip is the middle of the video, or the middle of each segment. Several are windows
    evenly from the start to the end, or evenly placed within the segments.

    Args:
        duration_sec: length of the video, seconds.
        window: the frames of a clip.
        sampling: 'dense' or 'segments', see ``random_times``.
        num_clips: number of clips, 1 or more.
        index: number of the clip, from 0.

    Returns:
        (T,) float64 ascending seconds.

    >>> one = dict(sampling="segments", num_clips=2)
    >>> [view_times(8.0, Window(2, 1), **one, index=i).tolist() for i in range(2)]
    [[1.0, 5.0], [3.0, 7.0]]
    """
    check_sampling(sampling)
    if not 0 <= index < num_clips:
        raise ValueError(
            f"the index of one of {num_clips} clips must be 0 to {num_clips - 1}, got {index}"
        )
    if sampling == "segments":
        return segment_times(duration_sec, window.num_frames, (index + 0.5) / num_clips)
    part = 0.5 if num_clips == 1 else index / (num_clips - 1)
    return window_center(duration_sec, window, part) + window.offsets_sec()
