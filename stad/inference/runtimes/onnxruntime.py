"""Run ONNX files on a CPU with ONNX Runtime."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from stad.errors import InputError
from stad.inference.runtimes import NamedNetwork, Shapes, run_items
from stad.utils.networks import Network
from stad.utils.text import first_line

VERSION = ort.__version__
PRECISIONS = ()
# Errors are raised anyway.
FATAL_ONLY = 4


def open_file(
    path: Path,
    *,
    shapes: Shapes | None = None,
    precision: str = "float32",
    num_threads: int | None = None,
) -> Network:
    """Open an ONNX file; see ``stad.inference.runtimes.Runtime``."""
    try:
        return _OnnxNetwork(_open_session(path, num_threads))
    # The library's own exceptions have no common base.
    except Exception as error:
        raise InputError(
            f"{path} cannot be read by ONNX Runtime ({first_line(error)[:200]}). Give a complete "
            "ONNX file."
        ) from error


def _open_session(path: Path, num_threads: int | None = None) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = FATAL_ONLY
    if num_threads is not None:
        options.intra_op_num_threads = num_threads
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def open_named(path: Path, names: Collection[str], *, precision: str) -> NamedNetwork:
    """Open a network by the names of its inputs and outputs; see ``Runtime``."""
    session: Any = _open_session(path)
    outputs = [one.name for one in session.get_outputs()]

    def run(inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return dict(zip(outputs, session.run(outputs, dict(inputs)), strict=True))

    shapes = {
        one.name: tuple(side if isinstance(side, int) else None for side in one.shape)
        for one in (*session.get_inputs(), *session.get_outputs())
    }
    return NamedNetwork(run, shapes)


class _OnnxNetwork:
    """Runs a network one item at a time, on all cores."""

    def __init__(self, session: ort.InferenceSession) -> None:
        self._session = session
        self._names = [one.name for one in session.get_inputs()]

    def __call__(self, *inputs: np.ndarray) -> list[np.ndarray]:
        """Run the network; see ``Network``."""
        return run_items(self._run, inputs)

    def _run(self, items: list[list[np.ndarray]]) -> list[list[np.ndarray]]:
        found = [
            self._session.run(None, dict(zip(self._names, item, strict=True))) for item in items
        ]
        return [[np.asarray(one) for one in outputs] for outputs in found]
