"""Render people who act, with annotations in the format of AVA."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stad.datasets.synthetic.files import RenderSettings, render_dataset
    from stad.datasets.synthetic.rendered_video import write_rendered_video
    from stad.datasets.synthetic.scenes import CLASSES, SyntheticScene

__all__ = [
    "CLASSES",
    "RenderSettings",
    "SyntheticScene",
    "render_dataset",
    "write_rendered_video",
]

_MODULES = {
    "CLASSES": "scenes",
    "RenderSettings": "files",
    "SyntheticScene": "scenes",
    "render_dataset": "files",
    "write_rendered_video": "rendered_video",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
