"""Find the people in a frame: one module for each kind of detector.

A new kind is a module with a function ``open_detector(setup)`` and one line in ``KINDS``.
"""

from __future__ import annotations

import importlib

from stad.actors.detectors.base import DetectorSetup, PersonDetector
from stad.actors.detectors.whole_frame import WholeFrame

__all__ = ["KINDS", "WITHOUT_WEIGHTS", "DetectorSetup", "PersonDetector", "WholeFrame", "open_kind"]

# Modules, imported when a detector of their kind is opened: their libraries take seconds.
KINDS = {
    "darknet": "stad.actors.detectors.darknet",
    "mmdet": "stad.actors.detectors.mmdet",
}
# Detectors that need no files, by name.
WITHOUT_WEIGHTS = {WholeFrame.name: WholeFrame}


def open_kind(kind: str, setup: DetectorSetup) -> PersonDetector:
    """Open a detector.

    Args:
        kind: one of ``KINDS``.
        setup: its files and where it runs.

    Raises:
        InputError: the files do not fit.
    """
    return importlib.import_module(KINDS[kind]).open_detector(setup)
