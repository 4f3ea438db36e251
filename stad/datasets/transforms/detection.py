"""Augment a clip and the boxes of its actors together: scale, crop, flip, colour.

The geometry is in pure functions; ``TrainTransform`` draws their arguments at random.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from stad.registry import TRANSFORMS
from stad.video.geometry import mirror_frames, resize_frames, scale_boxes

Frames = Sequence[np.ndarray] | np.ndarray

# Brightness of a colour: ITU-R BT.601, as in cv2's conversion to grey.
LUMA = np.array([0.299, 0.587, 0.114])
# Actors with a smaller side after the crop are removed, pixels.
MIN_SIDE_PX = 1.0


def crop_clip(
    frames: Frames,
    boxes: np.ndarray,
    *,
    left: int,
    top: int,
    side: int,
    size: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray]:
    """Cut a square out of every frame and resize it; boxes move with it and are clipped to it.

    Args:
        frames: T times (H, W, 3) uint8.
        boxes: (..., 4) float32 xyxy, pixels.
        left: left edge of the square, pixels.
        top: top edge of the square, pixels.
        side: length of its edges, pixels.
        size: (width, height) of the result, pixels.

    Returns:
        (T, height, width, 3) uint8 and (..., 4) float32; a box outside has no width or no height.
    """
    moved = (boxes - np.array([left, top] * 2, dtype=np.float32)).clip(0, side)
    clip = resize_frames(frames, size, part=(left, top, side, side))
    return clip, scale_boxes(moved, (side, side), size)


def resize_clip(
    frames: Frames, boxes: np.ndarray, *, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Resize frames and boxes, exactly as annotation does it.

    Args:
        frames: T times (H, W, 3) uint8.
        boxes: (..., 4) xyxy, pixels of these frames.
        size: (width, height), pixels.

    Returns:
        (T, height, width, 3) uint8 and (..., 4) float32.
    """
    source = (frames[0].shape[1], frames[0].shape[0])
    return resize_frames(frames, size), scale_boxes(boxes, source, size)


def flip_clip(frames: np.ndarray, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mirror frames (T, H, W, 3) uint8 and boxes (..., 4) float32 xyxy, pixels, left to right."""
    width_px = frames.shape[2]
    flipped = boxes.copy()
    flipped[..., 0], flipped[..., 2] = width_px - boxes[..., 2], width_px - boxes[..., 0]
    return mirror_frames(frames), flipped


def colour_matrix(
    *, brightness: float, contrast: float, saturation: float, mean_luma: float
) -> np.ndarray:
    """Return one affine map for three changes of colour, in the order of the arguments.

    Args:
        brightness: factor on all colours; 1 changes nothing, as with the other two.
        contrast: factor on the distance from the clip's mean grey.
        saturation: factor on the distance of a colour from its own grey.
        mean_luma: mean grey of the clip, 0-255.

    Returns:
        (3, 4) float64, which maps a colour (r, g, b, 1) to (r, g, b).

    >>> colour_matrix(brightness=1, contrast=1, saturation=0, mean_luma=0).round(3)[0].tolist()
    [0.299, 0.587, 0.114, 0.0]
    """
    saturate = saturation * np.eye(3) + (1 - saturation) * LUMA[None]
    offset = (1 - contrast) * brightness * mean_luma
    return np.column_stack((saturate * brightness * contrast, np.full(3, offset)))


def recolour_clip(frames: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Apply a ``colour_matrix`` to frames (T, H, W, 3) uint8 RGB, rounded and clipped to 0-255."""
    recoloured = np.empty_like(frames)
    for target, frame in zip(recoloured, frames, strict=True):
        cv2.transform(frame, matrix, dst=target)
    return recoloured


def mean_luma(frames: np.ndarray) -> float:
    """Return the mean grey of a clip, 0-255, from every eighth pixel of the middle frame."""
    sample = frames[len(frames) // 2, ::8, ::8].reshape(-1, 3)
    return float(sample.mean(axis=0) @ LUMA)


def visible_boxes(boxes: np.ndarray) -> np.ndarray:
    """Return which boxes (K, 4) xyxy are at least a pixel wide and high, (K,) bool."""
    return np.all((boxes[:, 2:] - boxes[:, :2]) >= MIN_SIDE_PX, axis=1)


@TRANSFORMS.register_module()
class TrainTransform:
    """Random scale, square crop, mirror and colour, one choice for the whole clip.

    Args:
        scale_px: minimum and maximum length to which the short side is scaled, pixels.
        crop_px: side of the square that is then cut out, pixels, at most the minimum scale.
        flip: probability of the mirror.
        brightness, contrast, saturation: factors are drawn from 1 - x to 1 + x; 0 leaves a
            colour alone.

    Raises:
        ValueError: an argument is out of range.
    """

    def __init__(
        self,
        scale_px: tuple[int, int] = (256, 320),
        crop_px: int = 256,
        *,
        flip: float = 0.5,
        brightness: float = 0.0,
        contrast: float = 0.0,
        saturation: float = 0.0,
    ) -> None:
        if not 0 < crop_px <= scale_px[0] <= scale_px[1]:
            raise ValueError(
                f"scale_px must be a range from crop_px ({crop_px}) or more, got {scale_px}"
            )
        ranges = {"brightness": brightness, "contrast": contrast, "saturation": saturation}
        for name, value in {"flip": flip, **ranges}.items():
            if not 0 <= value <= 1:
                raise ValueError(f"{name} must be between 0 and 1, got {value}")
        self._scale_px, self._crop_px, self._flip = tuple(scale_px), crop_px, flip
        self._ranges = ranges

    def __call__(
        self, frames: Frames, boxes: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Augment a clip; the same state of ``rng`` gives the same result.

        The square is cut out of the source first and then resized, so that no pixel is scaled
        only to be cut off.

        Args:
            frames: T times (H, W, 3) uint8 RGB.
            boxes: (K, 4) float32 xyxy, pixels of these frames.
            rng: source of randomness.

        Returns:
            (T, crop_px, crop_px, 3) uint8, and (K, 4) float32 in their pixels; the box of an
            actor outside of the crop is empty, see ``visible_boxes``.
        """
        height, width = frames[0].shape[:2]
        scale_px = rng.uniform(*self._scale_px)
        side = min(round(min(width, height) * self._crop_px / scale_px), width, height)
        left = int(rng.integers(0, width - side + 1))
        top = int(rng.integers(0, height - side + 1))
        is_mirrored = rng.random() < self._flip
        factors = {name: 1 + rng.uniform(-x, x) for name, x in self._ranges.items()}
        size = (self._crop_px, self._crop_px)
        clip, boxes = crop_clip(frames, boxes, left=left, top=top, side=side, size=size)
        if is_mirrored:
            clip, boxes = flip_clip(clip, boxes)
        if any(self._ranges.values()):
            clip = recolour_clip(clip, colour_matrix(**factors, mean_luma=mean_luma(clip)))
        return clip, boxes


@TRANSFORMS.register_module()
class ActorTransform:
    """Augmentation for actors who are cut out: keeps the whole frame and jitters the boxes.

    Frames of all shapes become square, so that they fit into one batch.

    Args:
        canvas_px: side of the square, pixels, black where the frame does not reach.
        min_scale: the frame's longer side is drawn from ``min_scale`` to 1 canvas sides.
        flip: probability of the mirror.
        brightness, contrast, saturation: as in ``TrainTransform``.
        blur: probability of a lower resolution, down to a half.
        jitter: every edge of a box moves by up to this fraction of the box, the same in all
            frames.
        cut: probability that the box contains only the upper part of the person.

    Raises:
        ValueError: an argument is out of range.
    """

    def __init__(
        self,
        canvas_px: int = 640,
        *,
        min_scale: float = 0.6,
        flip: float = 0.5,
        brightness: float = 0.0,
        contrast: float = 0.0,
        saturation: float = 0.0,
        blur: float = 0.0,
        jitter: float = 0.0,
        cut: float = 0.0,
    ) -> None:
        self._ranges = {"brightness": brightness, "contrast": contrast, "saturation": saturation}
        fractions = {
            "min_scale": min_scale,
            "flip": flip,
            "blur": blur,
            "jitter": jitter,
            "cut": cut,
        }
        for name, value in {**fractions, **self._ranges}.items():
            if not 0 <= value <= 1:
                raise ValueError(f"{name} must be between 0 and 1, got {value}")
        self._canvas_px, self._min_scale, self._flip = canvas_px, min_scale, flip
        self._blur, self._jitter, self._cut = blur, jitter, cut

    def __call__(
        self, frames: Frames, boxes: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Augment a clip; the same state of ``rng`` gives the same result.

        Args:
            frames: T times (H, W, 3) uint8 RGB.
            boxes: (K, 4) or (K, T, 4) float32 xyxy, pixels of these frames.
            rng: source of randomness.

        Returns:
            (T, canvas_px, canvas_px, 3) uint8, and the boxes in its pixels.
        """
        height, width = frames[0].shape[:2]
        scale = rng.uniform(self._min_scale, 1) * self._canvas_px / max(width, height)
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        blur = rng.uniform(1, 2) if rng.random() < self._blur else 1.0
        is_mirrored = rng.random() < self._flip
        factors = {name: 1 + rng.uniform(-x, x) for name, x in self._ranges.items()}
        boxes = self._jitter_boxes(boxes, rng)
        if blur > 1:
            coarse = (int(size[0] / blur), int(size[1] / blur))
            frames, boxes = resize_clip(frames, boxes, size=coarse)
        clip, boxes = resize_clip(frames, boxes, size=size)
        if any(self._ranges.values()):
            clip = recolour_clip(clip, colour_matrix(**factors, mean_luma=mean_luma(clip)))
        if is_mirrored:
            clip, boxes = flip_clip(clip, boxes)
        canvas = np.zeros((len(clip), self._canvas_px, self._canvas_px, 3), dtype=np.uint8)
        canvas[:, : size[1], : size[0]] = clip
        return canvas, boxes

    def _jitter_boxes(self, boxes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return boxes as a less exact detector would find them."""
        tracks = (boxes if boxes.ndim == 3 else boxes[:, None]).copy()
        for track in tracks:
            sides = np.tile(track[:, 2:] - track[:, :2], 2)
            track += sides * rng.uniform(-self._jitter, self._jitter, 4)
            if rng.random() < self._cut:
                track[:, 3] -= sides[:, 1] * rng.uniform(0.2, 0.45)
        return tracks.reshape(boxes.shape)
