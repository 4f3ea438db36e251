"""Scale frames and boxes between source pixels and clip pixels, in one place."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np


def clip_size(width_px: int, height_px: int, short_side_px: int) -> tuple[int, int]:
    """Return (width, height) for a short side of ``short_side_px``, with the same aspect.

    >>> clip_size(768, 576, 256)
    (341, 256)
    >>> clip_size(576, 1024, 256)
    (256, 455)
    """
    scale = short_side_px / min(width_px, height_px)
    return int(width_px * scale + 0.5), int(height_px * scale + 0.5)


def resize_frame(
    image: np.ndarray, size: tuple[int, int], *, out: np.ndarray | None = None
) -> np.ndarray:
    """Resize (H, W, 3) uint8 bilinearly to ``size`` = (width, height), into ``out`` if given."""
    return cv2.resize(image, size, dst=out, interpolation=cv2.INTER_LINEAR)


def resize_frames(
    frames: Sequence[np.ndarray] | np.ndarray,
    size: tuple[int, int],
    *,
    part: tuple[int, int, int, int] | None = None,
) -> np.ndarray:
    """Resize frames, or a part of them, one by one; see ``resize_frame``.

    Args:
        frames: T times (H, W, 3) uint8.
        size: (width, height) of the result, pixels.
        part: (left, top, width, height) to cut out first, pixels; None takes the whole frame.

    Returns:
        (T, height, width, 3) uint8.
    """
    resized = np.empty((len(frames), size[1], size[0], 3), dtype=np.uint8)
    for target, frame in zip(resized, frames, strict=True):
        if part is not None:
            left, top, width, height = part
            frame = frame[top : top + height, left : left + width]
        resize_frame(frame, size, out=target)
    return resized


def mirror_frames(frames: np.ndarray) -> np.ndarray:
    """Return (T, H, W, 3) uint8 frames with left and right exchanged."""
    mirrored = np.empty_like(frames)
    for target, frame in zip(mirrored, frames, strict=True):
        cv2.flip(frame, 1, dst=target)
    return mirrored


def letterbox_frame(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Fit an image into another size with its aspect kept and black bars around it.

    Args:
        image: (H, W, 3) uint8.
        size: (width, height) of the result, pixels.

    Returns:
        (height, width, 3) uint8.
    """
    width_px, height_px = size
    scale = min(width_px / image.shape[1], height_px / image.shape[0])
    inner = (
        min(max(1, round(image.shape[1] * scale)), width_px),
        min(max(1, round(image.shape[0] * scale)), height_px),
    )
    left_px, top_px = (width_px - inner[0]) // 2, (height_px - inner[1]) // 2
    fitted = np.zeros((height_px, width_px, 3), dtype=np.uint8)
    fitted[top_px : top_px + inner[1], left_px : left_px + inner[0]] = resize_frame(image, inner)
    return fitted


def scale_boxes(boxes: np.ndarray, source: tuple[int, int], target: tuple[int, int]) -> np.ndarray:
    """Scale boxes from pixels of one image size to pixels of another.

    Args:
        boxes: (..., 4) xyxy, source pixels.
        source: (width, height) of the image that the boxes are of, pixels.
        target: (width, height) of the result's image, pixels.

    Returns:
        (..., 4) float32 xyxy, target pixels.

    >>> scale_boxes(np.array([[0, 0, 100, 50]]), (200, 100), (400, 50)).tolist()
    [[0.0, 0.0, 200.0, 25.0]]
    """
    ratio = np.array([target[0] / source[0], target[1] / source[1]] * 2, dtype=np.float64)
    boxes = np.asarray(boxes, dtype=np.float64)
    if boxes.shape[-1:] != (4,):
        boxes = boxes.reshape(-1, 4)
    return (boxes * ratio).astype(np.float32)
