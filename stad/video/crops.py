"""Cut the crops of a clip that a network scores in a test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stad.video.geometry import clip_size, mirror_frames, resize_frames


def crop_views(
    frames: Sequence[np.ndarray] | np.ndarray,
    *,
    short_side_px: int,
    crop_px: int | None,
    num_crops: int,
) -> np.ndarray:
    """Return the crops of a clip that a network scores in a test.

    Args:
        frames: T times (H, W, 3) uint8.
        short_side_px: length to which the short side is scaled first, pixels.
        crop_px: side of the square, at most ``short_side_px``; None, with one crop, takes the
            whole frame.
        num_crops: 1, the centre; 3, squares as high as the short side, in the middle and at both
            ends of the long side; 10, the corners and the centre, and their mirror images.

    Returns:
        (num_crops, T, H', W', 3) uint8.

    Raises:
        ValueError: an argument is out of range.
    """
    if num_crops not in (1, 3, 10) or (crop_px or 0) > short_side_px:
        raise ValueError(
            f"expected 1, 3 or 10 crops of at most {short_side_px} px, got {num_crops} of {crop_px}"
        )
    width, height = clip_size(frames[0].shape[1], frames[0].shape[0], short_side_px)
    scaled = resize_frames(frames, (width, height))
    if num_crops == 1 and crop_px is None:
        return scaled[None]
    side = short_side_px if num_crops == 3 or crop_px is None else crop_px
    places = _crop_places(width - side, height - side, num_crops)
    crops = [scaled[:, top : top + side, left : left + side] for left, top in places]
    if num_crops == 10:
        crops += [mirror_frames(np.ascontiguousarray(crop)) for crop in crops]
    return np.stack(crops)


def _crop_places(right: int, bottom: int, num_crops: int) -> list[tuple[int, int]]:
    """Return (left, top) of the crops; the last ones that fit are at ``right`` and ``bottom``."""
    center = (right // 2, bottom // 2)
    if num_crops == 3:
        return [(0, 0), center, (right, bottom)]
    if num_crops == 10:
        return [(0, 0), (right, 0), (0, bottom), (right, bottom), center]
    return [center]
