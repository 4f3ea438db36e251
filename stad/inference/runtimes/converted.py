"""Open torch modules and ONNX files in a runtime, tested at first use; torch where that fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import nn

import stad
from stad.errors import InputError
from stad.inference.cpu import this_cpu
from stad.inference.runtimes import RUNTIMES, TORCH, Shapes, choose_runtime, load_runtime
from stad.inference.runtimes.conversion import ConversionError, onnx_file
from stad.inference.runtimes.trial import time_network, try_file
from stad.inference.verdicts import Verdict, read_verdict, verdict_path, write_verdict
from stad.utils.networks import Network, NetworkOpener, is_installed, open_in_torch
from stad.utils.supervisor import note_verdict
from stad.utils.text import last_line

Log = Callable[[str], None]


@dataclass(frozen=True)
class RuntimeOpener:
    """Opens networks in a runtime on the CPU; a ``NetworkOpener``.

    Attributes:
        runtime: one of ``RUNTIMES``.
        precisions: to choose from, the first one unless another is faster.
        log: takes a line about each conversion and each network that torch has to run.
        num_threads: threads of each network.
    """

    runtime: str
    precisions: tuple[str, ...] = ("float32",)
    log: Log = lambda text: None
    num_threads: int = field(default_factory=torch.get_num_threads)

    def __call__(self, network: nn.Module | Path, *, name: str, any_size: bool = False) -> Network:
        """Open a network; see ``NetworkOpener``."""
        if isinstance(network, Path):
            return load_runtime(self.runtime).open_file(
                network, precision=self.precisions[-1], num_threads=self.num_threads
            )
        converted = ConvertedNetwork(network, self, name=name, any_size=any_size)
        shapes = getattr(network, "example_shapes", None)
        if shapes is not None:
            # Now rather than in the middle of a run.
            converted.prepare(shapes)
        return converted


def choose_opener(
    wanted: str, device: str, log: Log, *, precision: str = "float32"
) -> NetworkOpener:
    """Return the opener of the networks that find people and their keypoints.

    They run in float32 unless bfloat16 is asked for, which moves boxes by some pixels; a network
    that differs too much in it stays in float32.

    Args:
        wanted: 'auto', 'torch' or one of ``RUNTIMES``.
        device: of the run.
        log: takes lines about what was chosen.
        precision: of the run, 'auto', 'float32' or 'bfloat16'.

    Raises:
        InputError: the runtime cannot be used.
    """
    name, _ = choose_runtime(wanted, device)
    if name != TORCH:
        is_half = precision in load_runtime(name).PRECISIONS
        return RuntimeOpener(name, ("float32", precision) if is_half else ("float32",), log)
    return open_in_torch if wanted == TORCH else open_in_torch_or_runtime


def open_in_torch_or_runtime(
    network: nn.Module | Path, *, name: str, any_size: bool = False
) -> Network:
    """Open a torch module in torch, and an ONNX file in what is installed for it, on the CPU."""
    runtime = next(filter(is_installed, RUNTIMES), None)
    if isinstance(network, Path) and runtime is not None:
        return RuntimeOpener(runtime)(network, name=name, any_size=any_size)
    return open_in_torch(network, name=name, any_size=any_size)


class ConvertedNetwork:
    """Runs a torch module in a runtime; each shape of the inputs is converted at first use.

    The first run of each conversion is compared with torch in a process that may crash; the
    outcome is remembered for this machine.

    Args:
        module: in eval mode, on the CPU.
        opener: the runtime and the precisions.
        name: the name that users read.
        any_size: convert once for all heights and widths.

    Attributes:
        verdict: of the last conversion; None before the first.
    """

    def __init__(
        self, module: nn.Module, opener: RuntimeOpener, *, name: str, any_size: bool
    ) -> None:
        self._module, self._opener, self._name = module.eval(), opener, name
        self._any_size = any_size
        self._lock = threading.Lock()
        self._ready: dict[tuple, Network] = {}
        self._in_torch: set[tuple] = set()
        self.verdict: Verdict | None = None

    def __call__(self, *inputs: np.ndarray) -> list[np.ndarray]:
        """Run the network; see ``Network``."""
        shapes = tuple(one.shape[1:] for one in inputs)
        network = self.prepare(shapes)
        try:
            return network(*inputs)
        # The exceptions of the libraries have no common base, and torch may do what they cannot.
        except Exception as error:
            if isinstance(error, MemoryError) or shapes in self._in_torch:
                raise
            reason = f"it failed in a run ({last_line(error)[:200]})"
            with self._lock:
                network = self._ready[shapes] = self._fall_back(shapes, reason)
        return network(*inputs)

    def prepare(self, shapes: tuple[tuple[int, ...], ...]) -> Network:
        """Return what runs inputs of these shapes, without N; convert the network if needed."""
        with self._lock:
            if shapes not in self._ready:
                self._ready[shapes] = self._open(shapes)
            return self._ready[shapes]

    def _open(self, shapes: tuple[tuple[int, ...], ...]) -> Network:
        if self._any_size and self.verdict is not None and self.verdict.runtime == TORCH:
            return self._fall_back(shapes)
        path = None
        try:
            path = self._convert(shapes)
            if self.verdict is None or not self._any_size:
                self.verdict = self._judge(path, shapes)
            if self.verdict.runtime == TORCH:
                return self._fall_back(shapes, self.verdict.reason)
            return load_runtime(self._opener.runtime).open_file(
                path,
                shapes=shapes,
                precision=self.verdict.precision,
                num_threads=self._opener.num_threads,
            )
        except ConversionError as error:
            return self._fall_back(shapes, str(error))
        except (InputError, OSError) as error:
            if path is not None:
                # It is converted again the next time.
                path.unlink(missing_ok=True)
            return self._fall_back(
                shapes, f"the converted network cannot be stored or read ({error})"
            )

    def _fall_back(self, shapes: tuple[tuple[int, ...], ...], reason: str = "") -> Network:
        """Return the network in torch for these shapes, and log the reason if there is one."""
        self._in_torch.add(shapes)
        if reason:
            self.verdict = Verdict("float32", reason, TORCH)
            self._opener.log(f"runtime   torch for {self._name}: {reason}")
        return open_in_torch(self._module, name=self._name)

    def _convert(self, shapes: Shapes) -> Path:
        inputs = [torch.from_numpy(one) for one in example_inputs(shapes)]
        return onnx_file(self._module, inputs, name=self._name, any_size=self._any_size)

    def _judge(self, path: Path, shapes: Shapes) -> Verdict:
        """Return the remembered verdict, or that of a trial."""
        key = self._key(path, shapes)
        verdict = read_verdict(key)
        if verdict is None:
            self._opener.log(
                f"convert   {self._name} for {self._opener.runtime}, once for this machine and "
                "clip size"
            )
            inputs = example_inputs(shapes)
            reference = open_in_torch(self._module, name=self._name)
            expected, torch_sec = time_network(reference, inputs)
            outcome = try_file(
                path,
                self._opener.runtime,
                self._opener.precisions,
                inputs=inputs,
                expected=expected,
                torch_sec=torch_sec,
                num_threads=self._opener.num_threads,
            )
            verdict = outcome.verdict
            if outcome.is_lasting:
                _remember(key, verdict)
        if verdict.runtime != TORCH:
            # A later death of a signal in this runtime changes the verdict.
            note_verdict(str(verdict_path(key)))
        return verdict

    def _key(self, path: Path, shapes: Shapes) -> dict[str, object]:
        cpu = this_cpu()
        return {
            "stad": stad.__version__,
            "runtime": self._opener.runtime,
            "version": load_runtime(self._opener.runtime).VERSION,
            "precisions": list(self._opener.precisions),
            "cpu": cpu.name,
            "instruction_set": cpu.instruction_set,
            "num_threads": self._opener.num_threads,
            "file": path.stem,
            "shapes": [] if self._any_size else [list(one) for one in shapes],
        }


def _remember(key: dict[str, object], verdict: Verdict) -> None:
    try:
        write_verdict(key, verdict)
    except (InputError, OSError):
        # The next run tries again.
        return


def example_inputs(shapes: Shapes) -> list[np.ndarray]:
    """Return one item of each input, (1, ...) float32 in [-1, 1], always the same."""
    rng = np.random.default_rng(0)
    return [rng.uniform(-1, 1, (1, *shape)).astype(np.float32) for shape in shapes]
