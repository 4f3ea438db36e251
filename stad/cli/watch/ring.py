"""The last seconds of a stream as small pictures, with what was found in them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np

from stad.structures import Frame, FrameResult

JPEG_QUALITY = 85
MAX_BYTES = 256 * 2**20


@dataclass
class KeptFrame:
    """A compressed frame.

    Attributes:
        time_sec: of the frame.
        jpeg: the picture.
        result: what was found in it, once that is known.
    """

    time_sec: float
    jpeg: np.ndarray
    result: FrameResult | None = None

    def image(self) -> np.ndarray:
        """The picture, (H, W, 3) uint8 RGB."""
        return cv2.cvtColor(cv2.imdecode(self.jpeg, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


class FrameRing:
    """Keeps the frames of the last seconds, bounded in time and bytes.

    Args:
        length_sec: older frames go.
        most_bytes: so do the oldest ones where there are more bytes than this.
    """

    def __init__(self, length_sec: float, *, most_bytes: int = MAX_BYTES) -> None:
        self._length_sec, self._most_bytes = length_sec, most_bytes
        self._frames: deque[KeptFrame] = deque()
        self._num_bytes = 0
        # How many at the front have their result, or never will.
        self._num_known = 0

    def add(self, frame: Frame) -> None:
        """Keep a frame; times ascend."""
        bgr = cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR)
        _, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        self._frames.append(KeptFrame(frame.time_sec, jpeg))
        self._num_bytes += jpeg.nbytes
        oldest_sec = frame.time_sec - self._length_sec
        while self._frames[0].time_sec < oldest_sec or self._num_bytes > self._most_bytes:
            self._num_bytes -= self._frames.popleft().jpeg.nbytes
            self._num_known = max(self._num_known - 1, 0)
            if not self._frames:
                return

    def add_result(self, result: FrameResult) -> KeptFrame | None:
        """Put a result to its frame and give it; None if it is gone. Times ascend."""
        while self._num_known < len(self._frames):
            kept = self._frames[self._num_known]
            if kept.time_sec > result.time_sec:
                return None
            self._num_known += 1
            if kept.time_sec == result.time_sec:
                kept.result = result
                return kept
        return None

    def end_session(self) -> None:
        """No results will come for the frames so far."""
        self._num_known = len(self._frames)

    def known(self, after_sec: float) -> list[KeptFrame]:
        """The frames later than ``after_sec`` of which all is known, in order."""
        found: list[KeptFrame] = []
        for position in range(self._num_known - 1, -1, -1):
            if self._frames[position].time_sec <= after_sec:
                break
            found.append(self._frames[position])
        return found[::-1]

    @property
    def num_bytes(self) -> int:
        """Of the pictures."""
        return self._num_bytes

    def __len__(self) -> int:
        return len(self._frames)
