"""Make film strips of segments: some frames side by side, with the person's box, as one image."""

from __future__ import annotations

import base64
from pathlib import Path

import cv2
import numpy as np

from stad.outputs.palette import Color, actor_color
from stad.video.source import VideoSource
from stad.video.window import nearest_frames

NUM_FRAMES, LONG_SIDE_PX, JPEG_QUALITY = 12, 240, 72
# Boxes of keyframes this far outside of the segment are used at its ends.
REACH_SEC = 1.5


def film_strip(
    source: VideoSource, start_sec: float, end_sec: float, *, actor_id: int, boxes: np.ndarray
) -> tuple[str, float]:
    """Return ``NUM_FRAMES`` frames of a segment side by side, and the aspect of one of them.

    Args:
        source: the video.
        start_sec: start of the segment, seconds.
        end_sec: its end.
        actor_id: whose color the box has.
        boxes: (B, 5) float64 times in seconds, ascending, and boxes xyxy in source pixels; B may
            be 0.

    Returns:
        A JPEG data URI, and the width of a frame by its height.

    Raises:
        InputError: no frame can be decoded.
    """
    times = source.index().times_sec
    middles = (np.arange(NUM_FRAMES) + 0.5) / NUM_FRAMES
    wanted = np.maximum(start_sec, 0.0) + middles * (end_sec - start_sec)
    positions = nearest_frames(wanted, times)
    needed, order = np.unique(positions, return_inverse=True)
    images = source.images_at(times[needed].tolist())
    small = [
        _small(image, _box_at(boxes, float(times[position])), actor_color(actor_id))
        for image, position in zip(images, needed, strict=True)
    ]
    strip = np.hstack([small[place] for place in order])
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(strip, cv2.COLOR_RGB2BGR), quality)
    text = base64.b64encode(encoded.tobytes()).decode("ascii")
    height_px, width_px = small[0].shape[:2]
    return f"data:image/jpeg;base64,{text}", width_px / height_px


def _box_at(boxes: np.ndarray, time_sec: float) -> np.ndarray | None:
    """Return the box at a time, (4,) xyxy, between those of the keyframes around it."""
    if not len(boxes):
        return None
    return np.array([np.interp(time_sec, boxes[:, 0], boxes[:, 1 + side]) for side in range(4)])


def _small(image: np.ndarray, box: np.ndarray | None, color: Color) -> np.ndarray:
    height_px, width_px = image.shape[:2]
    scale = min(1.0, LONG_SIDE_PX / max(height_px, width_px))
    size = (max(1, round(width_px * scale)), max(1, round(height_px * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    if box is not None:
        left, top, right, bottom = np.rint(box * scale).astype(int).tolist()
        for thickness, paint in ((4, (0, 0, 0)), (2, color)):
            cv2.rectangle(small, (left, top), (right, bottom), paint, thickness)
    return small


def open_source(file: Path, last: VideoSource | None) -> VideoSource:
    """Return the source of a file; the last one if it is of the same file, whose index it keeps."""
    return last if last is not None and last.path == str(file) else VideoSource(file)
