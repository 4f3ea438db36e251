"""Test an ONNX file against torch's results, in a process that may crash and has no torch."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stad.inference.runtimes import TORCH, load_runtime
from stad.inference.trial_process import GAIN, LIMIT_SEC, Outcome, TrialEnd, run_process, serve
from stad.inference.verdicts import Verdict
from stad.utils.networks import Network

# Norm of the difference of an output, relative to its norm: float32 differs in the order of sums.
TOLERANCES = {"float32": 1e-4, "bfloat16": 0.1}
# A second run that takes this long is not repeated. The first one never counts: OpenVINO compiles a
# large network in it, for much longer than a run takes.
LONG_SEC = 3.0
TIMED_SEC, TIMED_RUNS = 1.0, 5
# Processes that want to run, for each core; the trial itself is one for each.
BUSY_LOAD = 1.5


@dataclass(frozen=True)
class Attempt:
    """The time and the results of a precision in a trial.

    Attributes:
        precision: 'float32' or 'bfloat16'.
        seconds: processor time of one item, which other load changes little.
        difference: largest norm of the difference of an output, relative to its norm.
    """

    precision: str
    seconds: float
    difference: float

    @property
    def is_near(self) -> bool:
        """True if the results are those of torch."""
        return self.difference <= TOLERANCES[self.precision]


def try_file(
    path: Path,
    runtime: str,
    precisions: Sequence[str],
    *,
    inputs: Sequence[np.ndarray],
    expected: Sequence[np.ndarray],
    torch_sec: float,
    num_threads: int,
    limit_sec: float = LIMIT_SEC,
) -> Outcome:
    """Run a file in a child process and judge what came of it.

    Args:
        path: of the ONNX file.
        runtime: one of ``RUNTIMES``.
        precisions: to try, in this order.
        inputs: (1, ...) each.
        expected: torch's outputs.
        torch_sec: the processor time that torch took for them, seconds.
        num_threads: threads to use.
        limit_sec: how long the trial may take, seconds.
    """
    with tempfile.TemporaryDirectory(prefix="stad-trial-") as folder:
        arrays = Path(folder, "arrays.npz")
        named: dict[str, Any] = {f"input_{i}": one for i, one in enumerate(inputs)}
        named |= {f"output_{i}": one for i, one in enumerate(expected)}
        np.savez(arrays, allow_pickle=False, **named)
        asked = [str(path), runtime, list(precisions), str(arrays), num_threads]
        end = run_process("stad.inference.runtimes.trial", asked, limit_sec=limit_sec)
    return judge(runtime, end, torch_sec=torch_sec, is_busy=has_other_work())


def has_other_work() -> bool:
    """Return whether other work takes the processor: threads that wait for each other then spin."""
    return os.getloadavg()[0] > BUSY_LOAD * (os.cpu_count() or 1)


def judge(runtime: str, end: TrialEnd, *, torch_sec: float, is_busy: bool = False) -> Outcome:
    """Decide from what a trial wrote and how it ended.

    Args:
        runtime: the one that was tried.
        end: of its process.
        torch_sec: the processor time that torch took, seconds.
        is_busy: other work took the processor: that a runtime is slow, or not done, may change.
    """
    done = [Attempt(**one) for one in end.records("done")]
    good = [one for one in done if one.is_near]
    is_lasting = not end.failure or end.is_lasting
    if is_busy and end.code is None:
        is_lasting = False
    if not good or good[0].precision != done[0].precision:
        far = f"{done[0].precision} differs from torch by {done[0].difference:.1g}" if done else ""
        reason = f"{runtime} is not used: {far or end.failure}"
        return Outcome(Verdict("float32", reason, TORCH), is_lasting)
    best = good[0]
    for one in good[1:]:
        if best.seconds / one.seconds >= GAIN:
            best = one
    gain = torch_sec / best.seconds
    if gain < 1:
        reason = f"{runtime} is only {gain:.2g} times as fast as torch on this CPU"
        if is_busy:
            reason += ", which has other work: it will be tried again"
        return Outcome(Verdict("float32", reason, TORCH), is_lasting and not is_busy)
    reason = f"{gain:.1f} times as fast as torch in float32 on this CPU"
    if end.failure:
        reason += f"; {end.failure}"
    return Outcome(Verdict(best.precision, reason, runtime), is_lasting)


def attempts(asked: Any) -> Iterator[dict[str, object]]:
    """Run a file in each precision; yield a record before and after each.

    Args:
        asked: path, runtime, precisions, path of the arrays, number of threads.

    Yields:
        {'begin': precision}, then {'done': an ``Attempt`` as a dict}.
    """
    path, name, precisions, arrays, num_threads = asked
    with np.load(arrays) as stored:
        inputs = [stored[one] for one in stored.files if one.startswith("input_")]
        expected = [stored[one] for one in stored.files if one.startswith("output_")]
    runtime = load_runtime(name)
    shapes = [one.shape[1:] for one in inputs]
    for precision in precisions:
        yield {"begin": precision}
        network = runtime.open_file(
            Path(path), shapes=shapes, precision=precision, num_threads=num_threads
        )
        found, seconds = time_network(network, inputs)
        difference = max(map(relative_difference, found, expected))
        yield {"done": asdict(Attempt(precision, seconds, difference))}


def time_network(network: Network, inputs: Sequence[np.ndarray]) -> tuple[list[np.ndarray], float]:
    """Return the outputs of a network and the processor time of a run, seconds."""
    seconds: list[float] = []
    found: list[np.ndarray] = []
    network(*inputs)
    while len(seconds) < TIMED_RUNS and sum(seconds) < TIMED_SEC:
        begin = time.process_time()
        found = network(*inputs)
        seconds.append(time.process_time() - begin)
        if seconds[0] > LONG_SEC:
            break
    return found, min(seconds)


def relative_difference(found: np.ndarray, expected: np.ndarray) -> float:
    """Return the norm of the difference over the norm of the expected values; NaN if not finite."""
    with np.errstate(all="ignore"):
        norm = max(float(np.linalg.norm(expected.astype(np.float64))), 1e-12)
        return float(np.linalg.norm(found.astype(np.float64) - expected)) / norm


if __name__ == "__main__":
    serve(attempts)
