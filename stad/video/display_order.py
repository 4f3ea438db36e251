"""When frames are shown that a container stores without saying it: AVI with B-frames."""

from __future__ import annotations

import heapq

from av.codec.codec import Properties

# FFmpeg finds out when the frames of these are shown.
PARSED_CODECS = frozenset({"mpeg1video", "mpeg2video", "mpeg4"})


def lacks_display_times(container, stream) -> bool:
    """Return whether stamps tell the order of decoding only.

    AVI numbers its packets as they come. FFmpeg works out when they are shown for MPEG-1, 2 and 4,
    not for H.264 and others that reorder frames.
    """
    codec = stream.codec_context.codec
    can_reorder = bool(codec.properties & Properties.REORDER.value)
    is_avi = container.format.name == "avi"
    return is_avi and can_reorder and codec.canonical_name not in PARSED_CODECS


class DisplayOrder:
    """Stamps of packets handed out to frames in the order in which those are shown.

    Each frame takes the earliest stamp that none before it has taken. A key frame takes its own,
    so that packets that gave no frame do not move the rest.
    """

    def __init__(self) -> None:
        self._waiting: list[float] = []

    def add(self, stamp_sec: float | None) -> None:
        """Take the stamp of the next packet in the file, seconds."""
        if stamp_sec is not None:
            heapq.heappush(self._waiting, stamp_sec)

    def stamp_of(self, own_sec: float | None, *, is_key: bool) -> float | None:
        """Return the stamp of the next frame that is shown, seconds.

        Args:
            own_sec: that of its packet.
            is_key: it is a key frame.
        """
        while is_key and own_sec is not None and self._waiting and self._waiting[0] < own_sec:
            heapq.heappop(self._waiting)
        return heapq.heappop(self._waiting) if self._waiting else own_sec
