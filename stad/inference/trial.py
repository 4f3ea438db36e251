"""Try a network in torch in float32 and in bfloat16, in a process that may crash."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from stad.inference.trial_process import GAIN, LIMIT_SEC, Outcome, TrialEnd, run_process, serve
from stad.inference.verdicts import PRECISIONS, Verdict

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


def run_trial(network: TrialNetwork, *, limit_sec: float = LIMIT_SEC) -> Outcome:
    """Try a network in a child process and judge the outcome.

    Args:
        network: the one to try.
        limit_sec: how long the trial may take, seconds.
    """
    return judge(run_process("stad.inference.trial", asdict(network), limit_sec=limit_sec))


def judge(end: TrialEnd) -> Outcome:
    """Decide from what a trial wrote and how it ended."""
    if end.failure:
        # Where float32 fails, too, another time may show more.
        is_lasting = end.is_lasting and end.began == "bfloat16"
        return _float32(end.failure, is_lasting=is_lasting)
    seconds, (difference,) = end.records("seconds"), end.records("difference")
    if not difference <= TOLERANCE:
        return _float32(f"bfloat16 gave other scores in a trial (they differ by {difference:.0%})")
    gain = seconds[0] / seconds[1]
    if gain >= GAIN:
        return Outcome(Verdict("bfloat16", f"{gain:.1f} times as fast as float32 on this CPU"))
    return _float32(f"bfloat16 is only {gain:.2f} times as fast on this CPU")


def _float32(reason: str, *, is_lasting: bool = True) -> Outcome:
    return Outcome(Verdict("float32", reason), is_lasting)


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


def _attempt(options: dict[str, Any]) -> Iterator[dict[str, object]]:
    options["frame_size"] = tuple(options["frame_size"])
    return try_network(TrialNetwork(**options))


if __name__ == "__main__":
    serve(_attempt)
