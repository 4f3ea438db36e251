"""Make small images of video frames with boxes, as data URIs."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import TYPE_CHECKING

import cv2
import numpy as np
from tqdm import tqdm

from stad.errors import InputError
from stad.outputs.palette import Color
from stad.video.window import Window

if TYPE_CHECKING:
    from stad.video.clip_source import ClipSource

LONG_SIDE_PX, JPEG_QUALITY = 200, 80
SINGLE_FRAME = Window(num_frames=1, interval_frames=1)
# Bright colors, drawn on a dark edge, of the mistake and of the other box there.
BOX_COLOR: Color = (0xFF, 0xB0, 0x20)
OTHER_COLOR: Color = (0x40, 0xD8, 0xF0)


def add_thumbnails(
    mistakes: Iterable[dict], source: ClipSource, *, start_sec: float
) -> dict[str, str]:
    """Give each mistake a 'thumbnail', a JPEG data URI, if its video can be read.

    Args:
        mistakes: from ``find_mistakes``, with boxes in fractions of the frame.
        source: the videos.
        start_sec: the time that the annotations give to the start of the files.

    Returns:
        Videos that could not be read, with one reason each.
    """
    wanted = sorted(mistakes, key=lambda one: (one["video"], one["time_sec"]))
    failed: dict[str, str] = {}
    last, frame = None, None
    # Films take long to open. The progress bar is shown on a terminal only.
    for mistake in tqdm(wanted, desc="thumbnails", disable=None, leave=False):
        video, place = mistake["video"], (mistake["video"], mistake["time_sec"])
        if place != last:
            last, frame = place, None
            try:
                frame = source.read(video, place[1] - start_sec, SINGLE_FRAME).frames[0]
            except InputError as error:
                failed.setdefault(video, str(error))
        if frame is not None:
            mistake["thumbnail"] = thumbnail(frame, mistake["box"], mistake["other_box"])
    return failed


def thumbnail(frame: np.ndarray, box: list[float] | None, other_box: list[float] | None) -> str:
    """Encode a frame of at most 200 px with up to two boxes as a JPEG data URI.

    Args:
        frame: (H, W, 3) uint8 RGB.
        box: of the mistake, xyxy in fractions of the width and height, or None.
        other_box: of the person or the detection there, or None.
    """
    height_px, width_px = frame.shape[:2]
    scale = min(1.0, LONG_SIDE_PX / max(height_px, width_px))
    size = (max(1, round(width_px * scale)), max(1, round(height_px * scale)))
    image = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    return jpeg_uri(image, box, other_box)


def jpeg_uri(
    image: np.ndarray, box: list[float] | None, other_box: list[float] | None = None
) -> str:
    """Draw up to two boxes into an image and encode it as a JPEG data URI.

    Args:
        image: (H, W, 3) uint8 RGB, which is drawn into.
        box: xyxy in fractions of the width and height, or None.
        other_box: the same, drawn below it in another color.
    """
    for corners, color in ((other_box, OTHER_COLOR), (box, BOX_COLOR)):
        if corners is not None:
            _draw_box(image, corners, color)
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(encoded.tobytes()).decode("ascii")


def _draw_box(image: np.ndarray, box: list[float], color: Color) -> None:
    """Draw a box into ``image``; corners outside of it are moved to its edge."""
    height_px, width_px = image.shape[:2]
    limit = np.array([width_px - 1, height_px - 1] * 2)
    left, top, right, bottom = np.rint(np.array(box) * limit).clip(0, limit).astype(int).tolist()
    for thickness, paint in ((4, (0, 0, 0)), (2, color)):
        cv2.rectangle(image, (left, top), (right, bottom), paint, thickness)
