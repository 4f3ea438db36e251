"""Hold boxes with their classes and scores as arrays, the input of the evaluation."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from stad.errors import InputError


@dataclass(frozen=True)
class LabelledBoxes:
    """One (box, class) per row, of ground truth or of detections.

    Attributes:
        keyframe: (N,) int64, any numbering of (video, time) that both sides share.
        boxes: (N, 4) float64 xyxy as written, any one unit.
        class_id: (N,) int.
        score: (N,) float64; for ground truth the eighth column (a person id), or 1 without one.
        empty_keyframes: (E,) int64 keyframes without any box.
    """

    keyframe: np.ndarray
    boxes: np.ndarray
    class_id: np.ndarray
    score: np.ndarray
    empty_keyframes: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def __post_init__(self) -> None:
        count = len(self.keyframe)
        shapes = [self.boxes.shape, self.class_id.shape, self.score.shape]
        if shapes != [(count, 4), (count,), (count,)]:
            raise InputError(
                f"LabelledBoxes needs boxes (N, 4), class_id (N,) and score (N,) for its "
                f"N = {count} keyframes; the shapes given are {shapes}."
            )
        if not (np.isfinite(self.boxes).all() and np.isfinite(self.score).all()):
            raise InputError("LabelledBoxes needs finite boxes and scores; got NaN or infinity.")
