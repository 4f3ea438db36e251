"""The posture data set: annotations written for stad, and the URLs of their public videos."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stad.datasets.prepare.poses.files import fetch_videos, render_runners, write_splits

__all__ = [
    "fetch_videos",
    "render_runners",
    "write_splits",
]

_MODULES = {
    "fetch_videos": "files",
    "render_runners": "files",
    "write_splits": "files",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
