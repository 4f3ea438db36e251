"""Crop, scale and augment clips for training and evaluation."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

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


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
