"""Compare networks that are trained on clips whose reverse is another class."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from mmengine.config import Config

from benchmarks.motion import SPINS, reversed_label
from stad import zoo
from stad.engine.checkpoints import LAST
from stad.engine.hooks import bare_model
from stad.engine.run import RunOptions, train
from stad.errors import InputError
from stad.evaluation.classification import top_k_accuracy, two_way_accuracy
from stad.utils.files import write_whole
from stad.utils.markdown import markdown_table

RESULT_FILE = "motion.json"
COLUMNS = ("network", "parameters", "top-1", "right way", "right way of spins")


@dataclass(frozen=True)
class MotionRun:
    """One row: its title, a config of stad, and the changes of it."""

    title: str
    config: str
    changes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class MotionResult:
    """The result of a run with one seed.

    Attributes:
        parameters: number of weights.
        top1: fraction of the clips of eight classes, those that do not spin, classified correctly.
        right_way: fraction of them that score above their reverse class; 0.5 is chance.
        right_way_spins: the same of spins, half a turn in eight frames; None if the network
            was not trained on them.
        minutes: time of training and evaluation.
    """

    parameters: int
    top1: float
    right_way: float
    right_way_spins: float | None
    minutes: float


# The head takes the 128 channels of the slow pathway, and beta times as many of the fast one.
BETA_8 = {"model.backbone.beta_inverse": 8, "model.head.in_channels": 128 + 16}
BETA_16 = {"model.backbone.beta_inverse": 16, "model.head.in_channels": 128 + 8}
LATERAL = "model.backbone.lateral"
RUNS = {
    "tsn": MotionRun("TSN", "tsn_motion.py"),
    "tsm_online": MotionRun("TSM, uni-directional", "tsm_online_motion.py"),
    "tsm": MotionRun("TSM, bi-directional", "tsm_motion.py"),
    "slowonly": MotionRun("Slow only", "slowonly_motion.py"),
    "fastonly": MotionRun("Fast only, beta 1/4", "fastonly_motion.py"),
    "slowfast": MotionRun("SlowFast, beta 1/4, time-strided conv", "slowfast_motion.py"),
    "slowfast_sampling": MotionRun(
        "SlowFast, beta 1/4, time-strided sampling",
        "slowfast_motion.py",
        {LATERAL: "time_strided_sampling"},
    ),
    "slowfast_concat": MotionRun(
        "SlowFast, beta 1/4, time-to-channel concat",
        "slowfast_motion.py",
        {LATERAL: "time_to_channel_concat"},
    ),
    "slowfast_none": MotionRun(
        "SlowFast, beta 1/4, no laterals", "slowfast_motion.py", {LATERAL: "none"}
    ),
    "slowfast_beta8": MotionRun(
        "SlowFast, beta 1/8, time-strided conv", "slowfast_motion.py", BETA_8
    ),
    # A sum needs maps with the same number of channels: alpha, which is 8, times beta is 1.
    "slowfast_beta8_sum": MotionRun(
        "SlowFast, beta 1/8, time-to-channel sum",
        "slowfast_motion.py",
        BETA_8 | {LATERAL: "time_to_channel_sum"},
    ),
    "slowfast_beta16": MotionRun(
        "SlowFast, beta 1/16, time-strided conv", "slowfast_motion.py", BETA_16
    ),
}


def check_run(name: str) -> None:
    """Raise InputError unless ``name`` is one of ``RUNS``."""
    if name not in RUNS:
        raise InputError(f"There is no run {name!r}. Choose one of {', '.join(RUNS)}.")


def run_motion(
    name: str, data: str | Path, work_dir: str | Path, *, seed: int = 0, epochs: int | None = None
) -> MotionResult:
    """Train and test one of ``RUNS``; read a finished result, and resume an interrupted run.

    Args:
        name: key of ``RUNS``.
        data: folder of ``write_motion_dataset``.
        work_dir: of all runs; each one has a folder in it.
        seed: of the weights and of the order of the clips.
        epochs: number of epochs; None takes that of the config.

    Raises:
        InputError: there is no such run, or no data.
    """
    check_run(name)
    folder = Path(work_dir) / f"{name}_seed{seed}"
    path = folder / RESULT_FILE
    if path.is_file():
        return MotionResult(**json.loads(path.read_text()))
    config = Config.fromfile(zoo.config_dir() / RUNS[name].config)
    changes = dict(RUNS[name].changes) | {"randomness.seed": seed}
    if epochs is not None:
        changes["train_cfg.max_epochs"] = epochs
    for split in ("train", "val"):
        changes[f"{split}_dataloader.dataset.videos"] = str(data)
        # The list that the config names, in this folder.
        listed = Path(config[f"{split}_dataloader"].dataset.annotations).name
        changes[f"{split}_dataloader.dataset.annotations"] = str(Path(data) / listed)
    begin = time.perf_counter()
    runner = train(
        RunOptions(
            zoo.config_dir() / RUNS[name].config,
            work_dir=folder,
            resume=(folder / LAST).is_file(),
            changes=changes,
        )
    )
    result = _summarise(runner, (time.perf_counter() - begin) / 60)
    write_whole(path, json.dumps(asdict(result), indent=2) + "\n")
    return result


def _summarise(runner, minutes: float) -> MotionResult:
    (metric,) = runner.val_evaluator.metrics
    _, labels, scores = metric.result
    others = np.array([reversed_label(label) for label in labels.tolist()])
    is_spin = np.isin(labels, SPINS)
    spins = two_way_accuracy(scores[is_spin], labels[is_spin], others[is_spin])
    slow = ~is_spin
    return MotionResult(
        parameters=sum(one.numel() for one in bare_model(runner).parameters()),
        top1=top_k_accuracy(scores[slow], labels[slow], 1),
        right_way=two_way_accuracy(scores[slow], labels[slow], others[slow]),
        right_way_spins=spins if is_spin.any() else None,
        minutes=minutes,
    )


def as_markdown(results: Mapping[str, Sequence[MotionResult]]) -> str:
    """Return a table for the documentation.

    Args:
        results: of all seeds, one or more, by key of ``RUNS``.

    >>> one = MotionResult(700_000, 0.38, 0.5, None, minutes=4)
    >>> other = MotionResult(700_000, 0.42, 0.54, None, minutes=4)
    >>> print(as_markdown({"tsn": [one, other]}), end="")
    | network | parameters | top-1 | right way | right way of spins |
    | --- | ---: | ---: | ---: | ---: |
    | TSN | 0.70 M | 0.400 (0.380 to 0.420) | 0.520 (0.500 to 0.540) | - |
    """
    rows = []
    for name, runs in results.items():
        millions = f"{runs[0].parameters / 1e6:.2f} M"
        figures = [
            _spread([getattr(one, key) for one in runs])
            for key in ("top1", "right_way", "right_way_spins")
        ]
        rows.append((RUNS[name].title, millions, *figures))
    return markdown_table(COLUMNS, rows)


def _spread(values: Sequence[float | None]) -> str:
    """Return the mean, and the minimum and maximum of several values; '-' if one is None."""
    known = [one for one in values if one is not None]
    if len(known) < len(values):
        return "-"
    mean = f"{np.mean(known):.3f}"
    return mean if len(known) == 1 else f"{mean} ({min(known):.3f} to {max(known):.3f})"
