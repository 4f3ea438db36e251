"""Look at a frame, or at a place in it, with a bounded number of runs of the network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from stad.actors.detectors.base import LookCounts
from stad.actors.detectors.views import View

# A look finds (K, 5) xyxy and score in an image, with an input of this longer side.
Look = Callable[[np.ndarray, int], np.ndarray]

# Longer side of the input for the whole frame. Small people are found at the first size, people
# who fill the frame better at the others.
FIRST_PX, OTHER_PX = 608, (416, 288)
# Side of the input for the place of one person.
CROP_PX = 224
# Turn against the clock, and side of the view in longer sides of the person's box.
VIEWS = (
    (0, 2.0),
    (-90, 1.5),
    (90, 1.5),
    (45, 2.5),
    (-45, 2.5),
    (0, 1.5),
    (-90, 2.0),
    (90, 2.0),
    (0, 2.75),
    (180, 1.5),
)
# Looks after the first one in one detection, for all people together.
MAX_LOOKS = 10
# Only people of at least this fraction of the frame's shorter side are searched.
MIN_SIDE_RATIO = 0.2


class FrameLooks:
    """The looks at one frame.

    Args:
        image: (H, W, 3) uint8 RGB.
        look: runs the network.
        counts: updated with each look.

    Attributes:
        left: number of looks that are still allowed.
    """

    def __init__(self, image: np.ndarray, look: Look, counts: LookCounts) -> None:
        self._image, self._look, self._counts = image, look, counts
        self._counts.num_detections += 1
        self.left = MAX_LOOKS + 1
        height, width = image.shape[:2]
        self.frame_size = width, height
        self.minimum_px = MIN_SIDE_RATIO * min(height, width)

    def whole(self, longer_px: int) -> np.ndarray:
        """Return (K, 5) xyxy and score of what is found in the whole frame."""
        return self._run(self._image, longer_px)

    def at(self, box: np.ndarray, view: int, *, factor: float | None = None) -> np.ndarray:
        """Return (K, 5) xyxy and score of what is found around an xyxy box.

        Args:
            box: (4,), pixels of the frame.
            view: index in ``VIEWS``.
            factor: side of the view in longer sides of the box, instead of the usual one.
        """
        turn, usual = VIEWS[view]
        square = View.around(
            box,
            factor=usual if factor is None else factor,
            turn=turn,
            minimum_px=self.minimum_px,
        )
        found = square.to_frame(self._run(square.cut(self._image, CROP_PX), CROP_PX), CROP_PX)
        found[:, :4] = found[:, :4].clip(0, [*self.frame_size, *self.frame_size])
        return found[(found[:, 2:4] - found[:, :2]).min(axis=1) > 1]

    def is_large(self, found: np.ndarray) -> np.ndarray:
        """Return (K,) bool: whether boxes are of people who are large enough to be searched."""
        return (found[:, 2:4] - found[:, :2]).max(axis=1) >= self.minimum_px

    def _run(self, image: np.ndarray, longer_px: int) -> np.ndarray:
        self.left -= 1
        self._counts.num_looks += 1
        return self._look(image, longer_px)
