"""Read the frames of a video from one of them on, the same as reading from the start."""

from __future__ import annotations

from collections.abc import Iterator

from stad.errors import InputError
from stad.structures import Frame
from stad.video.source import VideoSource


def frames_from(source: VideoSource, index: int, time_sec: float) -> Iterator[Frame]:
    """Yield the frames of a video from one of them on.

    Args:
        source: the video; its warnings and clock are then those of this reading.
        index: number of the frame in ``source.frames()``.
        time_sec: its time, seconds.

    Raises:
        InputError: the video has no frame at this time.
    """
    jumped = VideoSource(source.path, start_sec=time_sec, end_sec=source.end_sec)
    place = index
    for frame in jumped.frames():
        if place == index and frame.time_sec != time_sec:
            break
        source.clock = jumped.clock
        yield Frame(place, frame.time_sec, frame.image)
        place += 1
    if place == index:
        raise changed_error(source)
    source.warnings = jumped.warnings


def changed_error(source: VideoSource) -> InputError:
    """Return the error for a video whose frames have changed since the interruption."""
    return InputError(
        f"Cannot resume: {source.path} has other frames than when the run was interrupted. "
        "Use --overwrite to start over."
    )
