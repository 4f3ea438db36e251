"""Define what every person detector offers, and what it is opened with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from stad.structures import Actors, Frame
from stad.utils.networks import NetworkOpener, open_in_torch

if TYPE_CHECKING:
    from torch import Tensor

# COCO's number of a person, in every detector here.
PERSON_CLASS = 0
# Weaker boxes are dropped; the tracker uses weak ones to keep a track alive.
MINIMUM_SCORE = 0.1


class PersonDetector(Protocol):
    """Finds the people in a frame."""

    @property
    def name(self) -> str:
        """The name that users read."""
        ...

    @property
    def interval_sec(self) -> float | None:
        """Time between two calls, seconds of video; None leaves it to the caller."""
        ...

    @property
    def gives_ids(self) -> bool:
        """True if its ids are kept; else a tracker gives them."""
        ...

    @property
    def person_threshold(self) -> float:
        """Minimum score of a box that certainly is a person, in [0, 1]."""
        ...

    def detect(self, frame: Frame) -> Actors | None:
        """Return the people in the frame, boxes in its pixels; None if it does not know."""
        ...


@runtime_checkable
class RecallingDetector(Protocol):
    """A person detector whose answers depend on those before, so that a resumed run tells it."""

    def memory(self) -> dict[str, Any]:
        """Return what later answers depend on, as JSON values by name."""
        ...

    def recall(self, time_sec: float, memory: dict[str, Any]) -> None:
        """Continue an earlier run exactly, after its detection at a time.

        Args:
            time_sec: seconds.
            memory: what ``memory`` returned after that detection.
        """
        ...

    def forget(self) -> None:
        """Forget everything: the next frame is the first of another video."""
        ...


def begin_video(detector: PersonDetector) -> None:
    """Let a detector that was used before find in a video what it would find if it were new."""
    if isinstance(detector, RecallingDetector):
        detector.forget()


@dataclass
class LookCounts:
    """Count how often a network looked.

    Attributes:
        num_detections: frames in which people were detected.
        num_looks: looks at frames or at parts of them.
    """

    num_detections: int = 0
    num_looks: int = 0

    def report(self) -> str:
        """Return a sentence about the looks, if there were any."""
        if not self.num_detections:
            return ""
        ratio = self.num_looks / self.num_detections
        return f"people were searched with {ratio:.2f} looks per detection"


@runtime_checkable
class CountingDetector(Protocol):
    """A person detector that looks at some frames more than once."""

    @property
    def counts(self) -> LookCounts:
        """Counts of the looks of the network."""
        ...


@dataclass(frozen=True)
class DetectorSetup:
    """Settings that a kind of detector is opened with.

    Attributes:
        name: the name that users read.
        weights: file of the weights.
        read_weights: returns the state dict of such a file.
        files: other files by their role, for example 'cfg' of a darknet model.
        config: config of the kind; for mmdet a path, or a path below mmdet's configs.
        num_classes: set if the weights have fewer classes than the config.
        device: 'cpu', 'cuda:0', ...
        open_network: makes the detector's network ready to run.
    """

    name: str
    weights: Path
    read_weights: Callable[[Path], Mapping[str, Tensor]]
    files: Mapping[str, Path] = field(default_factory=dict)
    config: str = ""
    num_classes: int | None = None
    device: str = "cpu"
    open_network: NetworkOpener = open_in_torch


def clip_to_image(actors: Actors, image: np.ndarray) -> Actors:
    """Clip boxes to (H, W, 3) ``image``; boxes outside of it are dropped."""
    height_px, width_px = image.shape[:2]
    boxes = actors.boxes.copy()
    boxes[:, 0::2] = boxes[:, 0::2].clip(0, width_px)
    boxes[:, 1::2] = boxes[:, 1::2].clip(0, height_px)
    keep = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    return Actors(boxes=boxes, scores=actors.scores, ids=actors.ids)[keep]
