"""Find the display times of frames where the container does not have them: AVI with B-frames."""

from __future__ import annotations

import heapq

from av.codec.codec import Properties
from av.container import InputContainer
from av.video.stream import VideoStream

# FFmpeg works out the display times of these codecs.
PARSED_CODECS = frozenset({"mpeg1video", "mpeg2video", "mpeg4"})


def lacks_display_times(container: InputContainer, stream: VideoStream) -> bool:
    """Return whether timestamps only give the order of decoding.

    AVI numbers its packets in the order of the file. FFmpeg works out their display times for
    MPEG-1, 2 and 4, but not for H.264 and others that reorder frames.
    """
    codec = stream.codec_context.codec
    can_reorder = bool(codec.properties & Properties.REORDER.value)
    is_avi = container.format.name == "avi"
    return is_avi and can_reorder and codec.canonical_name not in PARSED_CODECS


class DisplayOrder:
    """Assigns the timestamps of packets to frames in the order of display.

    Each frame takes the earliest timestamp that no frame before it has taken. A key frame takes
    its own, so that packets without a frame do not shift the rest.
    """

    def __init__(self) -> None:
        self._waiting: list[float] = []

    def add(self, stamp_sec: float | None) -> None:
        """Add the timestamp of the next packet in the file, seconds."""
        if stamp_sec is not None:
            heapq.heappush(self._waiting, stamp_sec)

    def stamp_of(self, own_sec: float | None, *, is_key: bool) -> float | None:
        """Return the timestamp of the next frame in the order of display, seconds.

        Args:
            own_sec: timestamp of its packet, seconds.
            is_key: whether it is a key frame.
        """
        while is_key and own_sec is not None and self._waiting and self._waiting[0] < own_sec:
            heapq.heappop(self._waiting)
        return heapq.heappop(self._waiting) if self._waiting else own_sec
