"""Read image files, whose size is known before memory is taken for it."""

from __future__ import annotations

import warnings
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from stad.errors import InputError
from stad.utils.limits import check_frame_size, frames_too_large


def read_image(path: Path) -> np.ndarray:
    """Return an image as (H, W, 3) uint8 RGB.

    Raises:
        InputError: the file cannot be read as an image, or its size is above the limit.
    """
    _check_size(path)
    try:
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    except cv2.error:
        image = None
    if image is None:
        raise InputError(f"{path} cannot be read as an image. Get it again, or leave it out.")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _check_size(path: Path) -> None:
    try:
        # Only the header is read; Pillow has limits of its own.
        with warnings.catch_warnings(action="ignore"), Image.open(path) as header:
            width_px, height_px = header.size
    except Image.DecompressionBombError as error:
        raise frames_too_large(path, "a size") from error
    except Exception:
        # OpenCV says whether it can be read.
        return
    check_frame_size(path, width_px, height_px)
