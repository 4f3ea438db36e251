"""Run ONNX files on a CPU with ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort

from stad.errors import InputError
from stad.inference.runtimes import Shapes, run_items
from stad.utils.networks import Network

VERSION = ort.__version__
PRECISIONS = ()
ERRORS_ONLY = 3


def open_file(
    path: Path,
    *,
    shapes: Shapes | None = None,
    precision: str = "float32",
    num_threads: int | None = None,
) -> Network:
    """Open an ONNX file; see ``stad.inference.runtimes.Runtime``."""
    options = ort.SessionOptions()
    options.log_severity_level = ERRORS_ONLY
    if num_threads is not None:
        options.intra_op_num_threads = num_threads
    try:
        session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    # The library's own exceptions have no common base.
    except Exception as error:
        reason = str(error).splitlines()[0][:200]
        raise InputError(
            f"{path} cannot be read by ONNX Runtime ({reason}). Give a complete ONNX file."
        ) from error
    return _OnnxNetwork(session)


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
