"""Convert decoded frames to upright RGB in square pixels and BT.709 colours, all of one size."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Mapping
from copy import copy
from typing import NamedTuple, cast

import av
import numpy as np
from av.buffer import Buffer
from av.sidedata.sidedata import SideDataContainer
from av.sidedata.sidedata import Type as SideData
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream

from stad.video.geometry import letterbox_frame
from stad.video.hdr import TRANSFERS, ToneMapper

# Maximum ratio of the sides of a pixel; anything else is damage.
MAX_PIXEL_RATIO = 8


class Orientation(NamedTuple):
    """Steps that make a stored image upright: transposed first, then mirrored.

    Attributes:
        transpose: exchange rows and columns.
        mirror_x: then exchange left and right.
        mirror_y: then exchange top and bottom.
    """

    transpose: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    def apply(self, image: np.ndarray) -> np.ndarray:
        """Return an (H, W, 3) image upright."""
        if self.transpose:
            image = image.transpose(1, 0, 2)
        return np.ascontiguousarray(
            image[:: -1 if self.mirror_y else 1, :: -1 if self.mirror_x else 1]
        )


class FrameConverter:
    """Converts the decoded frames of one stream into images.

    The display matrix (rotation, mirroring) and the shape of the pixels are applied, the colour
    matrix and range of each frame are followed, HDR (PQ, HLG) is tone-mapped to BT.709. Where
    the size or the shape of the pixels changes inside a stream, frames are fitted into the first
    one's size with their aspect kept.

    Args:
        stream: PyAV video stream, for the shape of its pixels.
        frame: its first frame.

    Attributes:
        size: (width, height) of the images, pixels.
        hdr: 'PQ' or 'HLG' after such a frame was converted, else None.
        num_resized: number of frames that had another size or shape than the first.
    """

    def __init__(self, stream: VideoStream, frame: av.VideoFrame) -> None:
        # The container takes precedence over the decoder, until the decoder changes its ratio.
        self._ratio = pixel_ratio(stream)
        self._decoder_ratio = pixel_ratio(stream.codec_context)
        self._start(stream)
        size = self._square_size(frame)
        self.size = (size[1], size[0]) if orientation_of(frame).transpose else size

    def _start(self, stream: VideoStream) -> None:
        self._stream = stream
        self._reformatter = VideoReformatter()
        self._tone_mappers: dict[tuple, ToneMapper] = {}
        self.hdr: str | None = None
        self.num_resized = 0

    def again(self, stream: VideoStream) -> FrameConverter:
        """Return a converter into the same size, for another reading of the same stream."""
        other = copy(self)
        other._start(stream)
        return other

    def convert(self, frame: av.VideoFrame) -> np.ndarray:
        """Return a frame as (height, width, 3) uint8 RGB of ``size``."""
        size = self._square_size(frame)
        transfer = TRANSFERS.get(int(frame.color_trc))
        image = self._to_sdr(transfer, frame, size) if transfer else self._to_rgb(frame, size)
        orientation = orientation_of(frame)
        if orientation != Orientation():
            image = orientation.apply(image)
        if (image.shape[1], image.shape[0]) != self.size:
            self.num_resized += 1
            image = letterbox_frame(image, self.size)
        return image

    def is_plain(self, frame: av.VideoFrame) -> bool:
        """Return whether the stored pixels of a frame are those of its image."""
        return (
            orientation_of(frame) == Orientation()
            and self.size == (frame.width, frame.height)
            and int(frame.color_trc) not in TRANSFERS
        )

    def _to_rgb(self, frame: av.VideoFrame, size: tuple[int, int]) -> np.ndarray:
        if size == (frame.width, frame.height):
            return self._reformatter.reformat(frame, format="rgb24").to_ndarray()
        return self._reformatter.reformat(
            frame, *size, format="rgb24", interpolation=Interpolation.BILINEAR
        ).to_ndarray()

    def _to_sdr(self, transfer: str, frame: av.VideoFrame, size: tuple[int, int]) -> np.ndarray:
        self.hdr = transfer
        kind = (transfer, int(frame.color_primaries), size)
        if kind not in self._tone_mappers:
            self._tone_mappers = {kind: ToneMapper(*kind)}
        return self._tone_mappers[kind].convert(frame)

    def _square_size(self, frame: av.VideoFrame) -> tuple[int, int]:
        """Return the (width, height) of a frame in square pixels, before it is turned."""
        ratio = pixel_ratio(self._stream.codec_context)
        if ratio == self._decoder_ratio:
            ratio = self._ratio
        if ratio == 1.0:
            return frame.width, frame.height
        # Even, as encoders need it: odd sizes would get an edge.
        return max(2, 2 * round(frame.width * ratio / 2)), frame.height


def pixel_ratio(stream: VideoStream | VideoCodecContext) -> float:
    """Return the ratio of width and height of a pixel, as a stream or its decoder states it.

    Args:
        stream: PyAV video stream or codec context; where it states no valid ratio, it is 1.0.
    """
    ratio = stream.sample_aspect_ratio
    if not ratio or not 1 / MAX_PIXEL_RATIO <= ratio <= MAX_PIXEL_RATIO:
        return 1.0
    return float(ratio)


def orientation_of(frame: av.VideoFrame) -> Orientation:
    """Return the orientation that the display matrix of a frame states.

    A matrix (a, b, u, c, d, v, x, y, w) puts the pixel (p, q) at (a p + c q + x, b p + d q + y).
    """
    # ``frame.side_data`` keeps this in the frame: a cycle, so that hundreds of frames would wait
    # for the garbage collector. PyAV's stubs call it a TypedDict of motion vectors.
    side_data = cast("Mapping[SideData, Buffer]", SideDataContainer(frame))  # pyright: ignore[reportCallIssue]
    data = side_data.get(SideData.DISPLAYMATRIX)
    if data is None:
        return Orientation()
    a, b, _, c, d = struct.unpack("=5i", bytes(data)[:20])
    small = max(abs(a), abs(b), abs(c), abs(d)) / 100
    if max(abs(b), abs(c)) <= small < min(abs(a), abs(d)):
        return Orientation(False, a < 0, d < 0)
    if max(abs(a), abs(d)) <= small < min(abs(b), abs(c)):
        return Orientation(True, c < 0, b < 0)
    warnings.warn(
        "the display matrix of the video is damaged, or rotates by other than 90 degrees: frames "
        "are used as they are stored",
        stacklevel=1,
    )
    return Orientation()
