"""Run ONNX files on a CPU with OpenVINO."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov

from stad.errors import InputError
from stad.inference.runtimes import NamedNetwork, Shapes, run_items
from stad.utils.networks import Network
from stad.utils.text import last_line

VERSION = ov.__version__.partition("-")[0]
PRECISIONS = ("bfloat16",)
HINTS = {"float32": "f32", "bfloat16": "bf16"}


@cache
def _core() -> ov.Core:
    return ov.Core()


def open_file(
    path: Path,
    *,
    shapes: Shapes | None = None,
    precision: str = "float32",
    num_threads: int | None = None,
) -> Network:
    """Open an ONNX or OpenVINO file; see ``stad.inference.runtimes.Runtime``."""
    try:
        model = _core().read_model(path)
        if shapes is not None:
            inputs = zip(model.inputs, shapes, strict=True)
            model.reshape({port.any_name: [1, *shape] for port, shape in inputs})
    except (RuntimeError, ValueError) as error:
        reason = last_line(error)[:200]
        raise InputError(
            f"{path} cannot be read by OpenVINO ({reason}). Give a complete ONNX file."
        ) from error
    return OpenVinoNetwork(model, precision=precision, num_threads=num_threads)


class OpenVinoNetwork:
    """Runs a network with one item at a time on all cores, or several items on one core each.

    An item's result is the same in both ways, whatever the other items are.

    Args:
        model: read, with its shapes.
        precision: 'float32' or 'bfloat16'.
        num_threads: threads to use; None for all cores.
    """

    def __init__(self, model: ov.Model, *, precision: str, num_threads: int | None) -> None:
        self._model = model
        self._num_outputs = len(model.outputs)
        self._precision, self._num_threads = precision, num_threads
        self._lock = threading.Lock()
        self._single: ov.InferRequest | None = None
        self._requests: list[ov.InferRequest] = []

    def __call__(self, *inputs: np.ndarray) -> list[np.ndarray]:
        """Run the network; see ``Network``."""
        return run_items(self._run, inputs)

    def _run(self, items: list[list[np.ndarray]]) -> list[list[np.ndarray]]:
        with self._lock:
            return [self._run_one(items[0])] if len(items) == 1 else self._run_many(items)

    def _run_one(self, item: list[np.ndarray]) -> list[np.ndarray]:
        if self._single is None:
            compiled = self._compile("LATENCY")
            self._single = compiled.create_infer_request()
        self._single.infer(item, share_inputs=True)
        return self._copy(self._single)

    def _run_many(self, items: list[list[np.ndarray]]) -> list[list[np.ndarray]]:
        if not self._requests:
            compiled = self._compile("THROUGHPUT")
            count = compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")
            self._requests = [compiled.create_infer_request() for _ in range(count)]
        # Without callbacks: those would run Python, and its garbage collector, in threads of
        # OpenVINO, which may then end its own objects.
        found: list[list[np.ndarray]] = []
        running: deque[ov.InferRequest] = deque()
        for place, item in enumerate(items):
            if len(running) == len(self._requests):
                found.append(self._finish(running.popleft()))
            request = self._requests[place % len(self._requests)]
            request.start_async(item, share_inputs=True)
            running.append(request)
        return found + [self._finish(request) for request in running]

    def _finish(self, request: ov.InferRequest) -> list[np.ndarray]:
        request.wait()
        return self._copy(request)

    def _copy(self, request: ov.InferRequest) -> list[np.ndarray]:
        return [request.get_output_tensor(i).data.copy() for i in range(self._num_outputs)]

    def _compile(self, hint: str) -> ov.CompiledModel:
        return compile_network(
            self._model, hint=hint, precision=self._precision, num_threads=self._num_threads
        )


def compile_network(
    model: ov.Model | str, *, hint: str, precision: str, num_threads: int | None = None
) -> ov.CompiledModel:
    """Compile a network for the CPU.

    Args:
        model: read, or the path of its file.
        hint: 'LATENCY' for one item at a time on all cores, 'THROUGHPUT' for several.
        precision: 'float32' or 'bfloat16'.
        num_threads: threads to use; None for all cores.
    """
    options: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": HINTS[precision],
        "PERFORMANCE_HINT": hint,
        # Other threads and processes use the same cores.
        "ENABLE_CPU_PINNING": False,
    }
    if num_threads is not None:
        options["INFERENCE_NUM_THREADS"] = num_threads
    return _core().compile_model(model, "CPU", options)


def open_named(path: Path, names: Collection[str], *, precision: str) -> NamedNetwork:
    """Open a network by the names of its inputs and outputs; see ``Runtime``."""
    network = compile_network(str(path), hint="LATENCY", precision=precision)

    def name_of(port: Any) -> str:
        # What follows without a change may share the name.
        return next((name for name in names if name in port.names), port.any_name)

    def run(inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        # A request of its own: the one of the network is not for several threads.
        found = network.create_infer_request().infer(dict(inputs))
        return {name_of(port): value for port, value in found.items()}

    shapes = {
        name_of(port): tuple(
            side.get_length() if side.is_static else None for side in port.partial_shape
        )
        for port in (*network.inputs, *network.outputs)
    }
    return NamedNetwork(run, shapes)
