"""The posture data set: annotations written for stad, and the URLs of their public videos."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stad.utils.lazy import lazy_exports

if TYPE_CHECKING:
    from stad.datasets.prepare.poses.files import fetch_videos, write_splits

__all__ = [
    "fetch_videos",
    "write_splits",
]

_MODULES = {
    "fetch_videos": "files",
    "write_splits": "files",
}

__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
