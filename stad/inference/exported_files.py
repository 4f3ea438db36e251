"""Open the file of an exported network: ONNX or OpenVINO's IR, by OpenVINO or ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from stad.errors import InputError
from stad.inference.exported_card import BOXES, CLIPS, SCORES
from stad.inference.runtimes import AUTO, RUNTIMES, is_installed
from stad.utils.files import existing_file
from stad.utils.pickles import first_line

ONNX, IR = ".onnx", ".xml"
SUFFIXES = (ONNX, IR)
OPENVINO, ONNXRUNTIME = RUNTIMES
Shape = tuple[int | None, ...]


class NetworkFile(NamedTuple):
    """A network that is ready to run; several threads may call it at once.

    Attributes:
        run: from arrays by the names of the inputs to arrays by the names of the outputs.
        shapes: of inputs and outputs, by their names; None for a side that varies.
        runtime: the library that runs it, with its version.
    """

    run: Callable[[Mapping[str, np.ndarray]], dict[str, np.ndarray]]
    shapes: dict[str, Shape]
    runtime: str


def is_exported(name: object) -> bool:
    """Return whether a model's name is that of an exported network's file.

    >>> is_exported("model.onnx"), is_exported("slowfast_r50_4x16_ava21")
    (True, False)
    """
    return name is not None and str(name).endswith(SUFFIXES)


def check_suffix(out: Path) -> None:
    """Raise InputError unless a file's name says a format that can be written."""
    if out.suffix not in SUFFIXES or not out.stem:
        raise InputError(f"--out must end in {ONNX} or {IR} (OpenVINO), got {str(out)!r}.")


def open_network_file(
    path: Path, *, runtime: str = AUTO, precision: str = "float32"
) -> NetworkFile:
    """Open the file of a network on the CPU.

    Args:
        path: of an .onnx file, or of an .xml file of OpenVINO with its .bin beside it.
        runtime: 'openvino', 'onnxruntime', or 'auto' for the first of them that is installed.
        precision: 'float32', or 'bfloat16', which OpenVINO has.

    Raises:
        InputError: the file is missing or damaged, or the runtime is not installed or cannot run
            it.
    """
    existing_file(str(path))
    weights = path.with_suffix(".bin")
    if path.suffix == IR and not weights.is_file():
        raise InputError(
            f"{path} has no file {weights.name} beside it, which holds its weights. Copy both, or "
            "export the model again."
        )
    chosen = choose_runtime(path, runtime)
    if chosen == ONNXRUNTIME and precision == "bfloat16":
        raise InputError(
            "ONNX Runtime runs exported models in float32 only. Choose --precision float32 or "
            "--runtime openvino."
        )
    try:
        return OPENERS[chosen](path, precision)
    # Each library has its own errors for a file that is damaged.
    except Exception as error:
        raise InputError(
            f"{path} cannot be opened by {chosen} ({first_line(error)[:300]}). It may be damaged: "
            "export the model again, or copy it again."
        ) from error


def choose_runtime(path: Path, runtime: str) -> str:
    """Return the runtime for a file; see ``open_network_file``.

    Raises:
        InputError: it is not installed, or cannot run such a file.
    """
    able = (OPENVINO, ONNXRUNTIME) if path.suffix == ONNX else (OPENVINO,)
    if runtime != AUTO and runtime not in able:
        raise InputError(
            f"--runtime {runtime} cannot run {path}. Choose --runtime {' or '.join(able)}."
        )
    wanted = able if runtime == AUTO else (runtime,)
    for name in wanted:
        if is_installed(name):
            return name
    raise InputError(
        f"{path} needs {' or '.join(wanted)}, which is not installed. Run "
        f"'pip install {wanted[0]}'."
    )


def _open_in_openvino(path: Path, precision: str) -> NetworkFile:
    import openvino

    hint = "bf16" if precision == "bfloat16" else "f32"
    network = openvino.Core().compile_model(
        str(path),
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": hint,
            "PERFORMANCE_HINT": "LATENCY",
            # Other threads and processes use the same cores.
            "ENABLE_CPU_PINNING": False,
        },
    )

    def run(inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        # A request of its own: the one of the network is not for several threads.
        request = network.create_infer_request()
        found = request.infer(dict(inputs))
        return {_port_name(port): value for port, value in found.items()}

    shapes = {
        _port_name(port): tuple(
            side.get_length() if side.is_static else None for side in port.partial_shape
        )
        for port in (*network.inputs, *network.outputs)
    }
    return NetworkFile(run, shapes, f"{OPENVINO} {openvino.__version__.split('-')[0]}")


def _port_name(port: Any) -> str:
    """Return the name of an input or output; what follows without a change may share it."""
    return next((name for name in (CLIPS, BOXES, SCORES) if name in port.names), port.any_name)


def _open_in_onnxruntime(path: Path, precision: str) -> NetworkFile:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Only errors, which are raised anyway.
    options.log_severity_level = 4
    session: Any = onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"]
    )
    names = [one.name for one in session.get_outputs()]

    def run(inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return dict(zip(names, session.run(names, dict(inputs)), strict=True))

    shapes = {
        one.name: tuple(side if isinstance(side, int) else None for side in one.shape)
        for one in (*session.get_inputs(), *session.get_outputs())
    }
    return NetworkFile(run, shapes, f"{ONNXRUNTIME} {onnxruntime.__version__}")


OPENERS: dict[str, Callable[[Path, str], NetworkFile]] = {
    OPENVINO: _open_in_openvino,
    ONNXRUNTIME: _open_in_onnxruntime,
}
