"""Turn action scores over time into segments with a start, an end, a label and a score.

A new kind of localizer is a class with the methods of ``Localizer`` and a class method ``open``, in
a module of its own, and one line in ``stad.localization.registry.LOCALIZERS``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stad.utils.lazy import lazy_exports

if TYPE_CHECKING:
    from stad.localization.base import Localizer, LocalizerSetup
    from stad.localization.curve import average_curve
    from stad.localization.hysteresis import Interval
    from stad.localization.hysteresis_localizer import HysteresisLocalizer
    from stad.localization.options import LabelOptions, LocalizerOptions
    from stad.localization.registry import LOCALIZERS, open_localizer
    from stad.localization.tubes import TubeBuilder, build_tube, tube_overlap
    from stad.localization.tuning import Grid, Tuned, tune

__all__ = [
    "LOCALIZERS",
    "Grid",
    "HysteresisLocalizer",
    "Interval",
    "LabelOptions",
    "Localizer",
    "LocalizerOptions",
    "LocalizerSetup",
    "TubeBuilder",
    "Tuned",
    "average_curve",
    "build_tube",
    "open_localizer",
    "tube_overlap",
    "tune",
]

_MODULES = {
    "LOCALIZERS": "registry",
    "Grid": "tuning",
    "HysteresisLocalizer": "hysteresis_localizer",
    "Interval": "hysteresis",
    "LabelOptions": "options",
    "Localizer": "base",
    "LocalizerOptions": "options",
    "LocalizerSetup": "base",
    "TubeBuilder": "tubes",
    "Tuned": "tuning",
    "average_curve": "curve",
    "build_tube": "tubes",
    "open_localizer": "registry",
    "tube_overlap": "tubes",
    "tune": "tuning",
}

__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
