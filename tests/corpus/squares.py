"""People that are squares of three colours, and detectors that find them."""

from __future__ import annotations

import cv2
import numpy as np

from stad.structures import Actors, Frame

COLOURS = ((220, 30, 30), (30, 200, 30), (30, 30, 220))


def squares(index: int, width_px: int = 160, height_px: int = 120) -> np.ndarray:
    """Draw squares that walk about, cross each other, and are away for a while."""
    image = np.full((height_px, width_px, 3), 90, dtype=np.uint8)
    for number, colour in enumerate(COLOURS):
        if (index // 45 + number) % 4 == 3:
            continue
        phase = index / (17 + 5 * number)
        left = int((width_px - 30) * (0.5 + 0.5 * np.sin(phase + number)))
        top = int((height_px - 30) * (0.5 + 0.5 * np.cos(0.7 * phase)))
        image[top : top + 28, left : left + 18] = colour
    return image


class SquaresDetector:
    """Finds each colour; people who stand where others are get boxes that are cut."""

    name = "squares"
    interval_sec = None
    gives_ids = False
    person_threshold = 0.5

    def detect(self, frame: Frame) -> Actors:
        boxes, scores = [], []
        for colour in COLOURS:
            low, high = np.subtract(colour, 60), np.add(colour, 60)
            points = cv2.findNonZero(cv2.inRange(frame.image, low, high))
            if points is not None and len(points) > 40:
                left, top, width, height = cv2.boundingRect(points)
                boxes.append([left, top, left + width, top + height])
                scores.append(0.3 + 0.6 * min(len(points) / 500, 1))
        return Actors.from_arrays(boxes, scores)


class DriftingDetector(SquaresDetector):
    """Its boxes depend on how often it was asked before, and on the last one."""

    def __init__(self):
        self.forget()

    def detect(self, frame: Frame) -> Actors:
        found = super().detect(frame)
        self._count += 1
        self._last = 0.5 * self._last + float(found.boxes.sum()) * 1e-3
        shift = np.float32((self._count % 7) * 0.1 + self._last * 1e-2)
        return Actors(found.boxes + shift, found.scores, found.ids)

    def memory(self):
        return {"count": self._count, "last": self._last}

    def recall(self, time_sec, memory):
        self._count, self._last = memory["count"], memory["last"]

    def forget(self):
        self._count, self._last = 0, 0.0
