"""Small pictures of moments of videos, with boxes, as data URIs."""

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
# Of what the entry is about, and of what else is there: bright, on a dark rim.
BOX_COLOR: Color = (0xFF, 0xB0, 0x20)
OTHER_COLOR: Color = (0x40, 0xD8, 0xF0)


def add_thumbnails(
    mistakes: Iterable[dict], source: ClipSource, *, start_sec: float
) -> dict[str, str]:
    """Give each mistake a 'thumbnail', a JPEG data URI, where its video can be read.

    Args:
        mistakes: as ``find_mistakes`` gives them, with boxes in parts of the frame.
        source: the videos.
        start_sec: what the annotations call the first moment of the files.

    Returns:
        Videos that could not be read and why, one reason each.
    """
    wanted = sorted(mistakes, key=lambda one: (one["video"], one["time_sec"]))
    failed: dict[str, str] = {}
    last, frame = None, None
    # A bar on a terminal only: films take long to open.
    for mistake in tqdm(wanted, desc="thumbnails", disable=None, leave=False):
        video, moment = mistake["video"], (mistake["video"], mistake["time_sec"])
        if moment != last:
            last, frame = moment, None
            try:
                frame = source.read(video, moment[1] - start_sec, SINGLE_FRAME).frames[0]
            except InputError as error:
                failed.setdefault(video, str(error))
        if frame is not None:
            mistake["thumbnail"] = thumbnail(frame, mistake["box"], mistake["other_box"])
    return failed


def thumbnail(frame: np.ndarray, box: list[float], other_box: list[float] | None) -> str:
    """A frame of at most 200 px with one or two boxes, as a JPEG data URI.

    Args:
        frame: (H, W, 3) uint8 RGB.
        box, other_box: xyxy in parts of the width and height.
    """
    height_px, width_px = frame.shape[:2]
    scale = min(1.0, LONG_SIDE_PX / max(height_px, width_px))
    size = (max(1, round(width_px * scale)), max(1, round(height_px * scale)))
    picture = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    for corners, color in ((other_box, OTHER_COLOR), (box, BOX_COLOR)):
        if corners is not None:
            _draw_box(picture, corners, color)
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    _, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(encoded.tobytes()).decode("ascii")


def _draw_box(picture: np.ndarray, box: list[float], color: Color) -> None:
    """Into ``picture``; what lies outside is moved to its edge."""
    height_px, width_px = picture.shape[:2]
    limit = np.array([width_px - 1, height_px - 1] * 2)
    left, top, right, bottom = np.rint(np.array(box) * limit).clip(0, limit).astype(int).tolist()
    for thickness, paint in ((4, (0, 0, 0)), (2, color)):
        cv2.rectangle(picture, (left, top), (right, bottom), paint, thickness)
