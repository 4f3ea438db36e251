"""Find out whether mmdet's detectors can run here, without importing mmdet, which takes seconds."""

from __future__ import annotations

import ctypes
import importlib.util
import sys
from pathlib import Path

from stad.errors import InputError

CHECKOUT = Path(__file__).resolve().parents[3]


def missing_for_mmdet() -> str:
    """Return what mmdet's detectors lack here, in words; '' if nothing."""
    if importlib.util.find_spec("mmdet") is None:
        return "mmdet is not installed"
    spec = importlib.util.find_spec("mmcv")
    if spec is None or spec.origin is None:
        return "mmcv is not installed"
    libraries = sorted(Path(spec.origin).parent.glob("_ext.*"))
    if not libraries:
        return "mmcv was installed without them"
    # The operators are linked to torch's libraries.
    import torch

    try:
        ctypes.CDLL(str(libraries[0]))
    except OSError:
        return f"mmcv's operators do not fit torch {torch.__version__}"
    return ""


def check_mmdet(name: str) -> None:
    """Check that a detector of mmdet can run here.

    Args:
        name: the detector's name, for the message.

    Raises:
        InputError: mmdet or the operators are missing; says how to get them.
    """
    if missing := missing_for_mmdet():
        raise InputError(
            f"The detector {name} needs mmdet and mmcv's compiled operators, and {missing}: "
            f"{_remedy()}, or choose --detector yolov4_tiny."
        )


def _remedy() -> str:
    """Return the command for this environment, as the imperative clause of a sentence."""
    script = CHECKOUT / "tools" / "build_mmcv.py"
    if Path(sys.prefix) == CHECKOUT / ".venv":
        return "run 'make mmdet' (about 6 minutes on 2 cores)"
    if script.is_file():
        return f"run '{sys.executable} {script}' (about 6 minutes on 2 cores)"
    return "add them with the two commands in docs/install.md"
