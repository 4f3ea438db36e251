"""Look at a part of the frame, upright or turned, and bring boxes back to the frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

# Grey, as networks see it outside of the frame.
BORDER = (114, 114, 114)


@dataclass(frozen=True)
class View:
    """A square of the frame, turned about its centre.

    Attributes:
        centre: (x, y) of the square, pixels of the frame.
        side: its side, pixels of the frame.
        turn: how far the image is turned against the clock, degrees.
    """

    centre: tuple[float, float]
    side: float
    turn: float = 0.0

    @classmethod
    def around(cls, box: np.ndarray, *, factor: float, turn: float, minimum_px: float) -> View:
        """Return the view of ``factor`` times the longer side of an xyxy box."""
        side = max(factor * float((box[2:] - box[:2]).max()), minimum_px)
        x, y = ((box[:2] + box[2:]) / 2).tolist()
        return cls((x, y), side, turn)

    def cut(self, image: np.ndarray, size_px: int) -> np.ndarray:
        """Return the view as a (size_px, size_px, 3) image."""
        scale = size_px / self.side
        if scale < 1:
            # Shrinking by warping alone leaves out pixels.
            image, scale, matrix = self._shrunk(image, scale, size_px)
        else:
            matrix = self._matrix(size_px, scale=1.0)
        return cv2.warpAffine(
            image, matrix, (size_px, size_px), borderMode=cv2.BORDER_CONSTANT, borderValue=BORDER
        )

    def _shrunk(
        self, image: np.ndarray, scale: float, size_px: int
    ) -> tuple[np.ndarray, float, np.ndarray]:
        """Return the image at the scale of the view, and its matrix."""
        width, height = (max(round(side * scale), 1) for side in image.shape[1::-1])
        small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        return small, 1.0, self._matrix(size_px, scale=scale)

    def _matrix(self, size_px: int, *, scale: float) -> np.ndarray:
        """Return the (2, 3) matrix from an image at ``scale`` to the view."""
        x, y = (value * scale for value in self.centre)
        matrix = cv2.getRotationMatrix2D((x, y), self.turn, size_px / self.side / scale)
        matrix[:, 2] += [size_px / 2 - x, size_px / 2 - y]
        return matrix

    def to_frame(self, found: np.ndarray, size_px: int) -> np.ndarray:
        """Return (K, 5) xyxy and score of the view in pixels of the frame.

        A turned box becomes the upright box around the ellipse in it, which is about as large as
        the body. Boxes may reach beyond the frame.
        """
        inverse = cv2.invertAffineTransform(self._matrix(size_px, scale=1.0))
        middle = (found[:, :2] + found[:, 2:4]) / 2 @ inverse[:, :2].T + inverse[:, 2]
        half = np.abs(inverse[:, :2])
        radius = np.sqrt(((found[:, 2:4] - found[:, :2]) / 2) ** 2 @ (half**2).T)
        return np.column_stack((middle - radius, middle + radius, found[:, 4]))
