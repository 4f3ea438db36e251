"""Try a network in float32 and in bfloat16, in a process that may crash.

``run_trial`` starts ``python -m stad.inference.trial`` with a description of the network; that
process writes a line of JSON when it begins a precision and one when it has scored in it.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from stad.inference.verdicts import PRECISIONS, Verdict
from stad.utils.supervisor import FAULTS, end_with_parent

LIMIT_SEC = 180.0
# A smaller gain does not count: the time of a trial varies by some percent.
GAIN = 1.1
# Maximum norm of the difference of the logits, relative to their norm; with random weights the
# networks of the zoo stay below 0.02.
TOLERANCE = 0.1
# A first run that takes this long is not repeated: warming up is a small part of it.
LONG_SEC = 1.5
TIMED_SEC, TIMED_RUNS = 0.3, 5


@dataclass(frozen=True)
class TrialNetwork:
    """The network to try.

    Attributes:
        model: name in the zoo, or path of a config; its weights do not matter.
        frame_size: (width, height) of the video, pixels.
        is_online: scored frame by frame, with ``OnlineScorer``.
        num_threads: of torch.
    """

    model: str
    frame_size: tuple[int, int]
    is_online: bool
    num_threads: int


@dataclass(frozen=True)
class Outcome:
    """The outcome of a trial.

    Attributes:
        verdict: the precision to use now.
        is_lasting: whether the next run would find the same; a trial that was killed from outside
            says nothing about the network.
    """

    verdict: Verdict
    is_lasting: bool = True


def run_trial(network: TrialNetwork, *, limit_sec: float = LIMIT_SEC) -> Outcome:
    """Try a network in a child process and judge the outcome.

    Args:
        network: the one to try.
        limit_sec: how long the trial may take, seconds.
    """
    command = [sys.executable, "-P", "-m", "stad.inference.trial", json.dumps(asdict(network))]
    # The child finds the same modules as this process.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    process = subprocess.Popen(
        [*command, str(os.getpid())],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    try:
        said, complaint = process.communicate(timeout=limit_sec)
    except subprocess.TimeoutExpired:
        process.kill()
        said, _ = process.communicate()
        began = (_records(said, "begin") or ["first"])[-1]
        reason = f"the {began} trial did not end within {limit_sec:g} s"
        return _float32(reason, is_lasting=began == "bfloat16")
    except BaseException:
        process.kill()
        process.wait()
        raise
    return judge(said, process.returncode, complaint)


def judge(said: str, code: int, complaint: str = "") -> Outcome:
    """Decide from what a trial wrote and how it ended.

    Args:
        said: its output; lines of other origin are skipped.
        code: its exit code, negative for a signal.
        complaint: its stderr.
    """
    began = _records(said, "begin")
    if code < 0:
        name = signal.Signals(-code).name
        reason = f"the {(began or ['first'])[-1]} trial died of signal {-code} ({name})"
        return _float32(reason, is_lasting=-code in FAULTS and began[-1:] == ["bfloat16"])
    if code:
        lines = complaint.strip().splitlines() or ["no message"]
        reason = f"the {(began or ['first'])[-1]} trial failed ({lines[-1][:200]})"
        return _float32(reason, is_lasting=began[-1:] == ["bfloat16"])
    seconds, (difference,) = _records(said, "seconds"), _records(said, "difference")
    if not difference <= TOLERANCE:
        return _float32(f"bfloat16 gave other scores in a trial (they differ by {difference:.0%})")
    gain = seconds[0] / seconds[1]
    if gain >= GAIN:
        return Outcome(Verdict("bfloat16", f"{gain:.1f} times as fast as float32 on this CPU"))
    return _float32(f"bfloat16 is only {gain:.2f} times as fast on this CPU")


def _float32(reason: str, *, is_lasting: bool = True) -> Outcome:
    return Outcome(Verdict("float32", reason), is_lasting)


def _records(said: str, kind: str) -> list:
    """Return the values that a trial wrote under a name, in order."""
    found = []
    for line in said.splitlines():
        if line.startswith('{"trial": '):
            found.append(json.loads(line)["trial"])
    return [record[kind] for record in found if kind in record]


def try_network(network: TrialNetwork) -> Iterator[dict[str, object]]:
    """Score a clip in both precisions; yield a record before and after each.

    Args:
        network: the one to try.

    Yields:
        {'begin': precision}, {'seconds': time of a clip}, and last {'difference': norm of the
        difference of the logits, relative to their norm}, NaN if they are not finite.
    """
    import numpy as np
    import torch

    from stad import zoo
    from stad.inference.scorer import ActionScorer, OnlineScorer

    torch.set_num_threads(network.num_threads)
    torch.manual_seed(0)
    loaded = zoo.open_model(network.model, weights=None, progress=False)
    # Random weights drive probabilities to 0 and 1, where nothing differs any more.
    setattr(loaded.model, "probabilities", lambda logits: logits)  # noqa: B010 - a method
    logits = []
    for precision in PRECISIONS:
        yield {"begin": precision}
        kind = OnlineScorer if network.is_online else ActionScorer
        scorer = kind.from_loaded(loaded, getattr(torch, precision))
        seconds, scored = _time_clip(scorer, network.frame_size)
        yield {"seconds": seconds}
        logits.append(scored.astype(np.float64))
    with np.errstate(invalid="ignore"):
        norms = np.linalg.norm(logits[1] - logits[0]), np.linalg.norm(logits[0])
        yield {"difference": float(np.divide(*norms))}


def _time_clip(scorer, frame_size: tuple[int, int]):
    """Return the seconds of one clip once the network is warm, and its scores."""
    import numpy as np

    width_px, height_px = scorer.clip_size(frame_size)
    rng = np.random.default_rng(0)
    shape = (scorer.window.num_frames, height_px, width_px, 3)
    clip = rng.integers(0, 256, shape, dtype=np.uint8)
    box = np.array([[0.3, 0.1, 0.6, 0.9]], np.float32)
    box *= np.array([*frame_size, *frame_size], np.float32)
    tracks = [np.repeat(box[:, None], len(clip), axis=1)] if scorer.sees_tracks else None

    def score():
        scorer.begin_stream()
        begin = time.perf_counter()
        (scores,) = scorer.score([clip], [box], source_size=frame_size, tracks=tracks)
        return time.perf_counter() - begin, scores

    first_sec, scores = score()
    if first_sec > LONG_SEC:
        return first_sec, scores
    seconds = []
    while len(seconds) < TIMED_RUNS and sum(seconds) < TIMED_SEC:
        seconds.append(score()[0])
    return min(seconds), scores


def main(arguments: list[str]) -> None:
    """Try the network of the first argument for the process of the second."""
    end_with_parent(int(arguments[1]))
    # A trial that crashes leaves no core dump.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    options = json.loads(arguments[0])
    network = TrialNetwork(**options | {"frame_size": tuple(options["frame_size"])})
    for record in try_network(network):
        print(json.dumps({"trial": record}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
