"""Write rendered frames to an H.264 file that is the same, byte for byte, each time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from stad.utils.files import write_whole
from stad.video.opening import media_url

# FFmpeg's codes of the colour matrix and of the range that the frames are written with.
BT601, LIMITED_RANGE = 6, 1
# With AVX, x264 does not always make the same file from the same frames (every second clip had
# two versions); with one thread and SSE it does. Other processors ignore the name.
SAME_EACH_TIME = {"preset": "veryfast", "x264-params": "asm=sse4.2"}


def write_rendered_video(
    path: Path,
    images: Iterable[np.ndarray],
    *,
    size_px: tuple[int, int],
    fps: float,
    gop_frames: int,
    quality: Mapping[str, str],
) -> None:
    """Write a video; it appears complete or not at all.

    Args:
        path: ends in .mp4.
        images: each (H, W, 3) uint8 RGB.
        size_px: (width, height), both even.
        fps: frames per second.
        gop_frames: number of frames from one key frame to the next.
        quality: options of x264, such as {"crf": "18"}.

    Raises:
        InputError: the file cannot be written.
    """

    def write(part: Path) -> None:
        with av.open(media_url(part), "w", format="mp4") as container:
            stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
            stream.width, stream.height = size_px
            stream.options = {**quality, **SAME_EACH_TIME}
            stream.codec_context.thread_count = 1
            stream.codec_context.gop_size = gop_frames
            _encode(container, stream, images)

    write_whole(path, write)


def _encode(container: OutputContainer, stream, images: Iterable[np.ndarray]) -> None:
    stream.pix_fmt = "yuv420p"
    stream.codec_context.colorspace = BT601
    stream.codec_context.color_range = LIMITED_RANGE
    # One for all frames: making it takes three times as long as a conversion.
    reformatter = VideoReformatter()
    for index, image in enumerate(images):
        frame = reformatter.reformat(
            av.VideoFrame.from_ndarray(image, format="rgb24"),
            format="yuv420p",
            dst_colorspace=Colorspace.ITU601,
            dst_color_range=ColorRange.MPEG,
        )
        frame.pts = index
        container.mux(stream.encode(frame))
    container.mux(stream.encode())
