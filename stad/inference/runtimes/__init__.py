"""Run networks in torch, OpenVINO or ONNX Runtime, with the same results.

A new runtime is a module with ``VERSION``, ``PRECISIONS``, ``open_file`` and ``open_named``, see
``stad.inference.runtimes.openvino``, and one line in ``RUNTIMES``. A torch module gets there as
an ONNX file, which ``conversion`` writes, ``trial`` tests against torch in a process that may
crash, and ``converted`` runs.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, cast

import numpy as np

from stad.errors import InputError
from stad.utils.networks import Network, is_installed

TORCH, AUTO = "torch", "auto"
# Modules by the name of the runtime, the best first; each imports a package of the same name.
RUNTIMES = {
    "openvino": "stad.inference.runtimes.openvino",
    "onnxruntime": "stad.inference.runtimes.onnxruntime",
}
Shapes = Sequence[tuple[int, ...]]
# The inputs, or the outputs, of one item.
Item = list[np.ndarray]


class NamedNetwork(NamedTuple):
    """A network that is ready to run; several threads may call it at once.

    Attributes:
        run: from arrays by the names of the inputs to arrays by the names of the outputs.
        shapes: of inputs and outputs, by their names; None for a side that varies.
    """

    run: Callable[[Mapping[str, np.ndarray]], dict[str, np.ndarray]]
    shapes: dict[str, tuple[int | None, ...]]


class Runtime(Protocol):
    """A module of ``RUNTIMES``."""

    # The version of the library.
    VERSION: str
    # What it can compute in on a CPU, besides 'float32'.
    PRECISIONS: tuple[str, ...]

    def open_file(
        self,
        path: Path,
        *,
        shapes: Shapes | None = None,
        precision: str = "float32",
        num_threads: int | None = None,
    ) -> Network:
        """Open an ONNX file.

        Args:
            path: of the file.
            shapes: of one item of each input, without N; None for those of the file.
            precision: 'float32', or one of ``PRECISIONS``.
            num_threads: threads to use; None for all cores.

        Raises:
            InputError: the library cannot read the file.
        """
        ...

    def open_named(self, path: Path, names: Collection[str], *, precision: str) -> NamedNetwork:
        """Open a network whose inputs and outputs have names, on all cores.

        Args:
            path: of the file.
            names: those that count, where an input or output has several.
            precision: 'float32', or one of ``PRECISIONS``.

        Raises:
            Exception: the library's own, for a file that it cannot open.
        """
        ...


def load_runtime(name: str) -> Runtime:
    """Import the module of a runtime, one of ``RUNTIMES``."""
    return cast(Runtime, importlib.import_module(RUNTIMES[name]))


def choose_runtime(wanted: str, device: str) -> tuple[str, str]:
    """Choose the runtime of a run.

    Args:
        wanted: 'auto', 'torch' or one of ``RUNTIMES``.
        device: such as 'cpu' or 'cuda:0'.

    Returns:
        The name, and the reason as it is shown.

    Raises:
        InputError: there is no such runtime, it is not installed, or not for this device.
    """
    if wanted not in (AUTO, TORCH, *RUNTIMES):
        raise InputError(
            f"--runtime must be {AUTO}, {TORCH}, {' or '.join(RUNTIMES)}, got {wanted!r}."
        )
    if wanted == TORCH:
        return TORCH, "as asked for"
    if device != "cpu":
        if wanted == AUTO:
            return TORCH, f"for {device}"
        raise InputError(
            f"--runtime {wanted} runs on the CPU here, not on {device}. Give --device cpu, or "
            "--runtime torch."
        )
    if wanted != AUTO:
        if not is_installed(wanted):
            raise InputError(
                f"--runtime {wanted} needs the package {wanted}, which is not installed. Run "
                f"pip install {wanted}, or give --runtime torch."
            )
        return wanted, "as asked for"
    for name in RUNTIMES:
        if is_installed(name):
            return name, "the fastest that is installed"
    return TORCH, f"neither {' nor '.join(RUNTIMES)} is installed"


def run_items(run: Callable[[list[Item]], list[Item]], inputs: Sequence[np.ndarray]) -> Item:
    """Run a network that takes items (1, ...), for ``Network``.

    Args:
        run: takes the inputs of at least one item and returns the outputs of each.
        inputs: (N, ...) each.

    Returns:
        The outputs, (N, ...) each.
    """
    count = len(inputs[0])
    # An empty batch has outputs of the right shape, too.
    given = inputs if count else [np.zeros((1, *one.shape[1:]), one.dtype) for one in inputs]
    found = run([[one[i : i + 1] for one in given] for i in range(max(count, 1))])
    outputs = [np.concatenate(parts) for parts in zip(*found, strict=True)]
    return outputs if count else [one[:0] for one in outputs]
