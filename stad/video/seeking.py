"""The frames of a video from one on, exactly those that reading from the start gives."""

from __future__ import annotations

from collections.abc import Iterator

from stad.errors import InputError
from stad.structures import Frame
from stad.video.source import VideoSource


def frames_from(source: VideoSource, index: int, time_sec: float) -> Iterator[Frame]:
    """Yield the frames of a video from one on.

    Args:
        source: the video; its warnings and clock are those of this reading afterwards.
        index: number of the frame among those that ``source.frames()`` gives.
        time_sec: its time.

    Raises:
        InputError: there is no frame of this time there.
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
    """What to say when a video does not have the frames that it had."""
    return InputError(
        f"{source.path} has other frames than when the run was interrupted: "
        "begin anew with --overwrite"
    )
