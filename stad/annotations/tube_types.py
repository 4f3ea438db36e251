"""Define tubes and the annotations of a data set of tubes, as all file formats give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from stad.errors import InputError


class LabelledTube(NamedTuple):
    """One tube in a file.

    Attributes:
        label: name of its class.
        frames: (T,) int64 consecutive frame numbers, from 1.
        boxes: (T, 4) float64 xyxy, pixels.
        score: 1 for annotations.
    """

    label: str
    frames: np.ndarray
    boxes: np.ndarray
    score: float = 1.0


class TubeVideo(NamedTuple):
    """Describes an annotated video.

    Attributes:
        num_frames: 0 where it is not known.
        size_px: width and height; (0, 0) where they are not known.
        fps: frames per second; 0 where it is not known.
    """

    num_frames: int = 0
    size_px: tuple[int, int] = (0, 0)
    fps: float = 0.0


NO_FACTS: Mapping[str, TubeVideo] = MappingProxyType({})


class TubeAnnotations(NamedTuple):
    """The annotations of a data set.

    Attributes:
        labels: C names, by class index.
        tubes: by video.
        train, test: the videos of each split; empty if the file has no splits.
        facts: of the videos, where the file has them.
    """

    labels: tuple[str, ...]
    tubes: dict[str, list[LabelledTube]]
    train: tuple[tuple[str, ...], ...] = ()
    test: tuple[tuple[str, ...], ...] = ()
    facts: Mapping[str, TubeVideo] = NO_FACTS

    def videos(self, *, part: str = "test", split: int = 1) -> tuple[str, ...]:
        """Return the videos of a split, counted from 1; all of them if there are no splits.

        Raises:
            InputError: there is no such split.
        """
        splits = self.test if part == "test" else self.train
        if not splits:
            return tuple(self.tubes)
        if not 1 <= split <= len(splits):
            raise InputError(f"The annotations have splits 1 to {len(splits)}, got {split}.")
        return splits[split - 1]


def make_tube(
    label: str, frames: np.ndarray | Sequence[int], boxes: np.ndarray, *, score: float = 1.0
) -> LabelledTube:
    """Return a tube of frames (T,) and boxes (T, 4) xyxy, pixels.

    Raises:
        ValueError: they do not fit each other, frames are missing, or a number is not finite.
    """
    frames, boxes = np.asarray(frames).astype(np.int64), np.asarray(boxes, np.float64)
    if frames.ndim != 1 or not len(frames) or boxes.shape != (len(frames), 4):
        raise ValueError(f"a tube of {label} has {frames.shape} frames and {boxes.shape} boxes")
    if (np.diff(frames) != 1).any():
        raise ValueError(f"the frames of a tube of {label} are not consecutive")
    if not np.isfinite(boxes).all() or not np.isfinite(score):
        raise ValueError(f"a tube of {label} has a box or a score that is not finite")
    return LabelledTube(label, frames, boxes, float(score))
