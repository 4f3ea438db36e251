"""Find the people in a frame, with one module for each kind of detector.

A new kind is a module with a function ``open_detector(setup)`` that returns a ``PersonDetector``,
and one line in ``KINDS``; its models are entries of ``stad.zoo.catalog.DETECTORS``. A detector
without weights is a class and one line in ``WITHOUT_WEIGHTS``.
"""

from __future__ import annotations

import importlib

from stad.actors.detectors.base import DetectorSetup, PersonDetector
from stad.actors.detectors.whole_frame import WholeFrame

__all__ = ["KINDS", "WITHOUT_WEIGHTS", "DetectorSetup", "PersonDetector", "WholeFrame", "open_kind"]

# Modules by kind, imported when a detector of the kind is opened: their libraries take seconds.
KINDS = {
    "darknet": "stad.actors.detectors.darknet",
    "mmdet": "stad.actors.detectors.mmdet",
    "onnx": "stad.actors.detectors.onnx",
}
# Detectors that need no files, by name.
WITHOUT_WEIGHTS = {WholeFrame.name: WholeFrame}


def open_kind(kind: str, setup: DetectorSetup) -> PersonDetector:
    """Open a detector by its kind.

    Args:
        kind: one of ``KINDS``.
        setup: its files and its device.

    Raises:
        InputError: the files do not fit the kind.
    """
    return importlib.import_module(KINDS[kind]).open_detector(setup)
