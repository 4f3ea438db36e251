"""Crop, scale and augment clips for training and evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stad.utils.lazy import lazy_exports

if TYPE_CHECKING:
    from stad.datasets.transforms.detection import ActorTransform, TrainTransform
    from stad.datasets.transforms.recognition import ClipTransform

__all__ = [
    "ActorTransform",
    "ClipTransform",
    "TrainTransform",
]

_MODULES = {
    "ActorTransform": "detection",
    "ClipTransform": "recognition",
    "TrainTransform": "detection",
}

__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
