"""Decode the maps of a YOLO network into boxes, in the same arithmetic as OpenCV's DetectionModel.

Redmon and Farhadi, "YOLOv3: An Incremental Improvement", 2018, section 2; ``scale_xy`` is of
Bochkovskiy et al., "YOLOv4", 2020.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stad.utils.boxes import box_iou


@dataclass(frozen=True)
class YoloScale:
    """Layout of one map of the network.

    Attributes:
        anchors: (A, 2) float32 width and height, pixels of the input.
        classes: number of classes.
        scale_xy: how far centres may lie outside their cell; 1 keeps them inside.
    """

    anchors: np.ndarray
    classes: int
    scale_xy: float


# Numbers beyond float32 are probabilities of 0.
@np.errstate(over="ignore")
def decode_boxes(
    maps: Sequence[np.ndarray],
    scales: Sequence[YoloScale],
    *,
    class_index: int,
    minimum_score: float,
    input_size: tuple[int, int],
    frame_size: tuple[int, int],
) -> np.ndarray:
    """Return the boxes of one class, not suppressed yet.

    Args:
        maps: (A * (5 + classes), H_i, W_i) float32, one for each scale, not activated.
        scales: layout of each.
        class_index: boxes of which this is the class of the highest score.
        minimum_score: lower and equal scores are left out, in [0, 1).
        input_size: (width, height) of the network's input, pixels.
        frame_size: (width, height) of the frame, pixels.

    Returns:
        (K, 5) float64: xyxy in whole pixels of the frame, clipped to it, and the score.
    """
    rows = [
        _decode_scale(
            values,
            scale,
            class_index=class_index,
            minimum_score=minimum_score,
            input_size=input_size,
        )
        for values, scale in zip(maps, scales, strict=True)
    ]
    centres, scores = (np.concatenate(part) for part in zip(*rows, strict=True))
    width, height = frame_size
    # OpenCV drops the fractions of centre and size, and halves the size in whole pixels.
    x, y, w, h = (centres * np.array([width, height] * 2, np.float32)).astype(np.int64).T
    left, top = (x - w // 2).clip(0, width - 1), (y - h // 2).clip(0, height - 1)
    right = left + np.minimum(w, width - left).clip(min=1)
    bottom = top + np.minimum(h, height - top).clip(min=1)
    return np.column_stack((left, top, right, bottom, scores)).astype(np.float64)


def _decode_scale(
    values: np.ndarray,
    scale: YoloScale,
    *,
    class_index: int,
    minimum_score: float,
    input_size: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray]:
    """Return centre and size (K, 4) in widths and heights of the input, and scores (K,)."""
    height, width = values.shape[1:]
    values = values.reshape(len(scale.anchors), 5 + scale.classes, height, width)
    # Few cells hold anything: the rest is left out before the costly part.
    certain = _sigmoid(values[:, 4].transpose(1, 2, 0)) > minimum_score
    row, column, anchor = np.nonzero(certain)
    found = values[anchor, :, row, column]
    scores = _sigmoid(found[:, 4]) * _sigmoid(found[:, 5 + class_index])
    keep = (found[:, 5:].argmax(axis=1) == class_index) & (scores > np.float32(minimum_score))
    found, row, column, anchor = found[keep], row[keep], column[keep], anchor[keep]
    half, spread = np.float32(0.5), np.float32(scale.scale_xy)
    offsets = (_sigmoid(found[:, :2]) - half) * spread + half
    cells = np.column_stack((column, row)).astype(np.float32)
    centres = (cells + offsets) / np.array([width, height], np.float32)
    sizes = np.exp(found[:, 2:4]) * scale.anchors[anchor] / np.array(input_size, np.float32)
    return np.column_stack((centres, sizes)), scores[keep]


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def suppress(found: np.ndarray, *, max_iou: float, inclusive: bool = True) -> np.ndarray:
    """Drop boxes that overlap one of a higher score.

    Args:
        found: (K, 5) xyxy and score.
        max_iou: boxes that overlap more are dropped.
        inclusive: keep boxes that overlap exactly ``max_iou``.

    Returns:
        (K', 5), highest score first.
    """
    found = found[np.argsort(-found[:, 4], kind="stable")]
    overlaps = box_iou(found[:, :4], found[:, :4])
    clash = overlaps > max_iou if inclusive else overlaps >= max_iou
    kept: list[int] = []
    for i in range(len(found)):
        if not clash[i, kept].any():
            kept.append(i)
    return found[kept]
