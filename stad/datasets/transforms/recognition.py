"""Augment whole clips, and crop them for tests, as recognizers take them."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np
import torch
from torchvision.transforms.v2 import RandAugment

from stad.registry import TRANSFORMS
from stad.video.geometry import mirror_frames, resize_frames

CROPPINGS = ("multi_scale", "random_resized", "random_scale")
# TSN's sides of a crop, relative to the short side (Wang et al. 2016, section 3.2).
SCALES = (1.0, 0.875, 0.75, 0.66)
# Its 13 places: corners, middles of the edges, centre, and the corners of the inner quarter.
PLACES = [(x / 4, y / 4) for y in range(0, 5, 2) for x in range(0, 5, 2)]
PLACES += [(x / 4, y / 4) for y in (1, 3) for x in (1, 3)]
# Maximum strength of torchvision's RandAugment; the minimum is 0.
MAX_STRENGTH = 30
# Tries to find a random area and shape that fit into the frame.
TRIES = 10


class CropBox(NamedTuple):
    """A part of a frame, pixels."""

    left: int
    top: int
    width: int
    height: int


def multi_scale_box(
    width_px: int, height_px: int, rng: np.random.Generator, *, scales: Sequence[float] = SCALES
) -> CropBox:
    """Draw two sides from neighbouring ``scales`` of the short side, in one of 13 places.

    Wang et al., "Temporal Segment Networks", ECCV 2016, section 3.2: corner cropping and scale
    jittering.

    Args:
        width_px: of the frame.
        height_px: of the frame.
        rng: source of randomness.
        scales: sides, relative to the short side.
    """
    sides = [max(round(min(width_px, height_px) * scale), 1) for scale in scales]
    pairs = [(w, h) for i, w in enumerate(sides) for j, h in enumerate(sides) if abs(i - j) <= 1]
    width, height = pairs[rng.integers(len(pairs))]
    x, y = PLACES[rng.integers(len(PLACES))]
    return CropBox(round((width_px - width) * x), round((height_px - height) * y), width, height)


def random_resized_box(
    width_px: int,
    height_px: int,
    rng: np.random.Generator,
    *,
    area: tuple[float, float] = (0.08, 1.0),
    ratio: tuple[float, float] = (3 / 4, 4 / 3),
) -> CropBox:
    """Draw a box of random area and shape, anywhere; the central square if none fits.

    Szegedy et al., "Going Deeper with Convolutions", CVPR 2015, section 6.

    Args:
        width_px: of the frame.
        height_px: of the frame.
        rng: source of randomness.
        area: minimum and maximum area, relative to the frame's.
        ratio: minimum and maximum of width over height.
    """
    for _ in range(TRIES):
        wanted = rng.uniform(*area) * width_px * height_px
        shape = np.exp(rng.uniform(*np.log(ratio)))
        width, height = round(np.sqrt(wanted * shape)), round(np.sqrt(wanted / shape))
        if 0 < width <= width_px and 0 < height <= height_px:
            left = int(rng.integers(width_px - width + 1))
            return CropBox(left, int(rng.integers(height_px - height + 1)), width, height)
    side = min(width_px, height_px)
    return CropBox((width_px - side) // 2, (height_px - side) // 2, side, side)


def random_scale_box(
    width_px: int,
    height_px: int,
    rng: np.random.Generator,
    *,
    crop_px: int,
    scale_px: tuple[int, int],
) -> CropBox:
    """Draw a square that is ``crop_px`` wide after the short side is scaled to ``scale_px``.

    Feichtenhofer et al., "SlowFast", ICCV 2019, section 4.

    Args:
        width_px: of the frame.
        height_px: of the frame.
        rng: source of randomness.
        crop_px: side of the square after scaling.
        scale_px: minimum and maximum of the scaled short side.
    """
    short_px = min(width_px, height_px)
    side = min(round(short_px * crop_px / rng.uniform(*scale_px)), short_px)
    left = int(rng.integers(width_px - side + 1))
    return CropBox(left, int(rng.integers(height_px - side + 1)), side, side)


def crop_and_resize(
    frames: Sequence[np.ndarray] | np.ndarray, box: CropBox, *, size: tuple[int, int]
) -> np.ndarray:
    """Crop a part of every frame and resize it.

    Args:
        frames: T times (H, W, 3) uint8.
        box: inside the frames.
        size: (width, height), pixels.

    Returns:
        (T, height, width, 3) uint8.
    """
    return resize_frames(frames, size, part=box)


def _is_range(values: Sequence[float]) -> bool:
    """Return whether these are a minimum above 0 and a maximum that is not smaller."""
    if np.shape(values) != (2,) or not all(isinstance(one, Real) for one in values):
        return False
    return 0 < values[0] <= values[1] < np.inf


def _rand_augment(wanted: tuple[int, int]) -> RandAugment:
    is_pair = np.shape(wanted) == (2,) and all(isinstance(one, Integral) for one in wanted)
    _check(
        is_pair and wanted[0] > 0 and 0 <= wanted[1] <= MAX_STRENGTH,
        "rand_augment must be None or two integers, a number of changes from 1 and their strength "
        f"from 0 to {MAX_STRENGTH}",
        wanted,
    )
    return RandAugment(num_ops=wanted[0], magnitude=wanted[1])


def _check(is_valid: bool, expected: str, got: object) -> None:
    if not is_valid:
        raise ValueError(f"{expected}, got {got}")


@TRANSFORMS.register_module()
class ClipTransform:
    """Random crop, mirror and RandAugment, the same for all frames of a clip.

    Args:
        cropping: 'multi_scale', 'random_resized' or 'random_scale', see the functions of these
            names.
        crop_px: side of the square that the crop is resized to, pixels.
        scale_px: of 'random_scale', pixels.
        scales: of 'multi_scale', above 0 and at most 1.
        area, ratio: of 'random_resized', minimum and maximum; areas are above 0 and at most 1.
        flip: probability of the mirror; 0 if classes differ by left and right.
        rand_augment: None, or the number of changes and their strength, 0-30, such as (2, 9)
            (Cubuk et al., "RandAugment", 2020), by torchvision.

    Raises:
        ValueError: an argument is out of range.
    """

    def __init__(
        self,
        cropping: str = "random_scale",
        *,
        crop_px: int = 224,
        scale_px: tuple[int, int] = (256, 320),
        scales: Sequence[float] = SCALES,
        area: tuple[float, float] = (0.08, 1.0),
        ratio: tuple[float, float] = (3 / 4, 4 / 3),
        flip: float = 0.5,
        rand_augment: tuple[int, int] | None = None,
    ) -> None:
        if cropping not in CROPPINGS:
            raise ValueError(f"cropping must be one of {', '.join(CROPPINGS)}, got {cropping!r}")
        _check(crop_px > 0, "crop_px must be 1 or more", crop_px)
        if cropping == "random_scale":
            _check(
                _is_range(scale_px) and scale_px[0] >= crop_px,
                f"scale_px must be a minimum and a maximum, both {crop_px} (crop_px) or more",
                scale_px,
            )
        _check(
            np.ndim(scales) == 1 and len(scales) > 0 and all(_is_range((s, 1)) for s in scales),
            "scales must be relative to the short side, above 0 and at most 1",
            scales,
        )
        _check(
            _is_range(area) and area[1] <= 1,
            "area must be a minimum and a maximum, relative to the frame, above 0 and at most 1",
            area,
        )
        _check(
            _is_range(ratio), "ratio must be a minimum and a maximum of width over height", ratio
        )
        _check(0 <= flip <= 1, "flip must be between 0 and 1", flip)
        self._crop_px, self._flip = crop_px, flip
        self._draw, self._options = {
            "multi_scale": (multi_scale_box, {"scales": tuple(scales)}),
            "random_resized": (random_resized_box, {"area": tuple(area), "ratio": tuple(ratio)}),
            "random_scale": (random_scale_box, {"crop_px": crop_px, "scale_px": tuple(scale_px)}),
        }[cropping]
        self._augment = None if rand_augment is None else _rand_augment(rand_augment)

    def __call__(
        self, frames: Sequence[np.ndarray] | np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Augment a clip; the same state of ``rng`` gives the same result.

        Args:
            frames: T times (H, W, 3) uint8 RGB.
            rng: source of randomness.

        Returns:
            (T, crop_px, crop_px, 3) uint8.
        """
        height, width = frames[0].shape[:2]
        box = self._draw(width, height, rng, **self._options)
        is_mirrored = rng.random() < self._flip
        clip = crop_and_resize(frames, box, size=(self._crop_px, self._crop_px))
        if is_mirrored:
            clip = mirror_frames(clip)
        return clip if self._augment is None else _rand_augmented(clip, self._augment, rng)


def _rand_augmented(clip: np.ndarray, augment: RandAugment, rng: np.random.Generator) -> np.ndarray:
    """Change all frames of a clip in the same way."""
    # torchvision draws from torch's global generator, once for all images of a tensor.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**63)))
        changed = augment(torch.from_numpy(clip).permute(0, 3, 1, 2))
    return np.ascontiguousarray(changed.permute(0, 2, 3, 1).numpy())
