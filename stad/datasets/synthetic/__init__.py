"""Render people who act, with annotations in the format of AVA, and draw skeletons of postures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stad.utils.lazy import lazy_exports

if TYPE_CHECKING:
    from stad.datasets.synthetic.files import RenderSettings, render_dataset
    from stad.datasets.synthetic.rendered_video import write_rendered_video
    from stad.datasets.synthetic.scenes import CLASSES, SyntheticScene
    from stad.datasets.synthetic.synthetic_skeletons import SyntheticSkeletons, draw_skeletons

__all__ = [
    "CLASSES",
    "RenderSettings",
    "SyntheticScene",
    "SyntheticSkeletons",
    "draw_skeletons",
    "render_dataset",
    "write_rendered_video",
]

_MODULES = {
    "CLASSES": "scenes",
    "RenderSettings": "files",
    "SyntheticScene": "scenes",
    "SyntheticSkeletons": "synthetic_skeletons",
    "draw_skeletons": "synthetic_skeletons",
    "render_dataset": "files",
    "write_rendered_video": "rendered_video",
}

__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
