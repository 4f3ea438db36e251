"""Keep full-size frames until their results are known, in bounded memory.

A frame's labels are known some seconds after the frame was decoded. Meanwhile its image waits
here, so that no frame is decoded twice: exact for an annotated file (``FrameStore``), as JPEG for
the last seconds of a live stream (``FrameRing``).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from stad.structures import Frame, FrameResult
from stad.utils.scratch import ScratchFile

JPEG_QUALITY = 85
MAX_BYTES = 256 * 2**20


class StoredImage(Protocol):
    """An image in a form that can wait."""

    @property
    def num_bytes(self) -> int:
        """The memory that it takes."""
        ...

    def image(self) -> np.ndarray:
        """Return the image, (H, W, 3) uint8 RGB."""
        ...


@dataclass(frozen=True, eq=False)
class RawImage:
    """An image as it was decoded."""

    array: np.ndarray

    @property
    def num_bytes(self) -> int:
        """The memory that it takes."""
        return self.array.nbytes

    def image(self) -> np.ndarray:
        """Return the image, (H, W, 3) uint8 RGB."""
        return self.array


@dataclass(frozen=True, eq=False)
class JpegImage:
    """An image as JPEG."""

    jpeg: np.ndarray

    @classmethod
    def from_array(cls, image: np.ndarray) -> JpegImage:
        """Compress an image, (H, W, 3) uint8 RGB."""
        bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        _, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        return cls(jpeg)

    @property
    def num_bytes(self) -> int:
        """The memory that it takes."""
        return self.jpeg.nbytes

    def image(self) -> np.ndarray:
        """Return the image, (H, W, 3) uint8 RGB."""
        bgr = cv2.imdecode(self.jpeg, cv2.IMREAD_COLOR)
        if bgr is None:
            raise ValueError("a stored frame is not JPEG")
        return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


@dataclass(frozen=True, eq=False)
class SpilledImage:
    """An image on disk.

    Attributes:
        file: that holds it.
        place: first byte of it in the file.
        shape: of the array.
    """

    file: ScratchFile
    place: int
    shape: tuple[int, ...]
    num_bytes: int = 0

    def image(self) -> np.ndarray:
        """Return the image, (H, W, 3) uint8 RGB."""
        array = np.empty(self.shape, np.uint8)
        self.file.read_into(self.place, array.data.cast("B"))
        return array


@dataclass(eq=False)
class StoredFrame:
    """A frame that waits for its result.

    Attributes:
        index, time_sec: as in ``Frame``.
        stored: its image.
        result: None until it is known.
    """

    index: int
    time_sec: float
    stored: StoredImage
    result: FrameResult | None = None

    def image(self) -> np.ndarray:
        """Return the image, (H, W, 3) uint8 RGB."""
        return self.stored.image()


class _WaitingFrames:
    """Frames in order, and the memory that their images take."""

    def __init__(self) -> None:
        self._frames: deque[StoredFrame] = deque()
        self.num_bytes = 0

    def _push(self, frame: Frame, stored: StoredImage) -> None:
        self._frames.append(StoredFrame(frame.index, frame.time_sec, stored))
        self.num_bytes += stored.num_bytes

    def _pop(self) -> StoredFrame:
        first = self._frames.popleft()
        self.num_bytes -= first.stored.num_bytes
        return first

    def __len__(self) -> int:
        return len(self._frames)


class FrameStore(_WaitingFrames):
    """Holds exact frames until their results take them, first in, first out.

    Frames beyond ``max_bytes`` are written to a file without a name. It grows to what waits at
    once, not with the video: raw frames of 1920x1080 at 30 fps take 190 MB for each second
    between a frame and its result.

    Args:
        folder: where there is room on disk, such as that of the outputs.
        first_index: earlier frames are not kept.
        max_bytes: memory for images.
    """

    def __init__(
        self, folder: str | Path, *, first_index: int = 0, max_bytes: int = MAX_BYTES
    ) -> None:
        super().__init__()
        self._folder, self._first_index, self._max_bytes = folder, first_index, max_bytes
        self._file: ScratchFile | None = None
        # Places in the file, by the shape of the images that fit there.
        self._free: dict[tuple[int, ...], list[int]] = {}

    def add(self, frame: Frame) -> None:
        """Keep a frame; indices ascend."""
        if frame.index < self._first_index:
            return
        stored: StoredImage = RawImage(frame.image)
        if self.num_bytes + stored.num_bytes > self._max_bytes:
            stored = self._spill(frame.image)
        self._push(frame, stored)

    def take(self, index: int) -> Frame | None:
        """Return a frame and forget it and all before it; None if it was not kept."""
        while self._frames and self._frames[0].index <= index:
            first = self._pop()
            image = first.image() if first.index == index else None
            if isinstance(first.stored, SpilledImage):
                self._free.setdefault(first.stored.shape, []).append(first.stored.place)
            if image is not None:
                return Frame(index, first.time_sec, image)
        return None

    def _spill(self, image: np.ndarray) -> SpilledImage:
        if self._file is None:
            self._file = ScratchFile(self._folder)
        free = self._free.get(image.shape)
        content = np.ascontiguousarray(image).data.cast("B")
        if free:
            place = free.pop()
            self._file.overwrite(place, content)
        else:
            place = self._file.append(content)
        return SpilledImage(self._file, place, image.shape)

    def close(self) -> None:
        """Forget all frames and free the disk space."""
        self._frames.clear()
        self.num_bytes = 0
        if self._file is not None:
            self._file.close()


class FrameRing(_WaitingFrames):
    """Keeps the frames of the last seconds as JPEG, with their results once they are known.

    Args:
        length_sec: older frames are dropped.
        max_bytes: the oldest frames are dropped beyond this size, too.
    """

    def __init__(self, length_sec: float, *, max_bytes: int = MAX_BYTES) -> None:
        super().__init__()
        self._length_sec, self._max_bytes = length_sec, max_bytes
        # How many at the front have their result, or never will.
        self._num_known = 0

    def add(self, frame: Frame) -> None:
        """Keep a frame; times ascend."""
        self._push(frame, JpegImage.from_array(frame.image))
        oldest_sec = frame.time_sec - self._length_sec
        while self._frames[0].time_sec < oldest_sec or self.num_bytes > self._max_bytes:
            self._pop()
            self._num_known = max(self._num_known - 1, 0)
            if not self._frames:
                return

    def add_result(self, result: FrameResult) -> StoredFrame | None:
        """Add a result to its frame and return that; None if it is gone. Times ascend."""
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
        """Expect no results for the frames so far."""
        self._num_known = len(self._frames)

    def known(self, after_sec: float) -> list[StoredFrame]:
        """Return the frames later than ``after_sec`` that no result can change, in order."""
        found: list[StoredFrame] = []
        for position in range(self._num_known - 1, -1, -1):
            if self._frames[position].time_sec <= after_sec:
                break
            found.append(self._frames[position])
        return found[::-1]
