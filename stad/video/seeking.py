"""The frames of a video from one on, exactly those that reading from the start gives."""

from __future__ import annotations

from collections.abc import Iterator

from stad.errors import InputError
from stad.structures import Frame
from stad.video.source import VideoSource


def frames_from(source: VideoSource, index: int, time_sec: float) -> Iterator[Frame]:
    """The frames of a video from one on, found by a jump where that lands on it exactly.

    Args:
        source: the video; its warnings are those of this reading afterwards.
        index: number of the frame among those that ``source.frames()`` gives.
        time_sec: its time.

    Raises:
        InputError: there is no frame of this time there.
    """
    jumped = VideoSource(source.path, start_sec=time_sec, end_sec=source.end_sec)
    frames = jumped.frames()
    frame = next(frames, None)
    if frame is None or frame.time_sec != time_sec:
        jumped = VideoSource(source.path, start_sec=source.start_sec, end_sec=source.end_sec)
        frames = jumped.frames()
        frame = next((one for one in frames if one.index == index), None)
    if frame is None or frame.time_sec != time_sec:
        raise changed_error(source)
    yield Frame(index, time_sec, frame.image)
    for place, frame in enumerate(frames, start=index + 1):
        yield Frame(place, frame.time_sec, frame.image)
    source.warnings = jumped.warnings


def changed_error(source: VideoSource) -> InputError:
    """What to say when a video does not have the frames that it had."""
    return InputError(
        f"{source.path} has other frames than when the run was interrupted: "
        "begin anew with --overwrite"
    )
