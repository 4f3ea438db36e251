"""What order in time is worth: networks trained on clips whose reverse is another class."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from stad import zoo
from stad.datasets.motion import reversed_label
from stad.engine.checkpoints import LAST
from stad.engine.hooks import bare_model
from stad.engine.run import RunOptions, train
from stad.errors import InputError
from stad.evaluation.classification import top_k_accuracy, two_way_accuracy
from stad.results.atomic import write_whole

RESULT_FILE = "motion.json"
COLUMNS = ("network", "parameters", "top-1", "right way", "minutes")


@dataclass(frozen=True)
class MotionRun:
    """One row: a name for people, a config of stad's, and what is changed in it."""

    title: str
    config: str
    changes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class MotionResult:
    """What came out of a run.

    Attributes:
        title: of the run.
        parameters: how many weights.
        top1: share of clips whose class of eight is found.
        right_way: share of clips that score above their reverse class; 0.5 is chance.
        minutes: of training and evaluation.
    """

    title: str
    parameters: int
    top1: float
    right_way: float
    minutes: float


# The head takes the 128 channels of the slow pathway, and beta times as many of the fast one.
RUNS = {
    "tsn": MotionRun("TSN", "tsn_motion.py"),
    "tsm": MotionRun("TSM, from both sides", "tsm_motion.py"),
    "tsm_online": MotionRun("TSM, from the past", "tsm_online_motion.py"),
    "slowfast": MotionRun("SlowFast, beta 1/4", "slowfast_motion.py"),
    "slowfast_beta2": MotionRun(
        "SlowFast, beta 1/2",
        "slowfast_motion.py",
        {"model.backbone.beta_inverse": 2, "model.head.in_channels": 128 + 64},
    ),
    "slowfast_beta8": MotionRun(
        "SlowFast, beta 1/8",
        "slowfast_motion.py",
        {"model.backbone.beta_inverse": 8, "model.head.in_channels": 128 + 16},
    ),
    "slowfast_none": MotionRun(
        "SlowFast, no laterals", "slowfast_motion.py", {"model.backbone.lateral": "none"}
    ),
    "slowfast_sampling": MotionRun(
        "SlowFast, time-strided sampling",
        "slowfast_motion.py",
        {"model.backbone.lateral": "time_strided_sampling"},
    ),
    "slowfast_concat": MotionRun(
        "SlowFast, time-to-channel",
        "slowfast_motion.py",
        {"model.backbone.lateral": "time_to_channel_concat"},
    ),
}


def run_motion(
    name: str, data: str | Path, work_dir: str | Path, *, epochs: int | None = None
) -> MotionResult:
    """Train and test one of ``RUNS``; what was done before is read, what broke off goes on.

    Args:
        name: key of ``RUNS``.
        data: folder of ``write_motion_dataset``.
        work_dir: of all runs; each one has a folder in it.
        epochs: how long to train; None is as the config says.

    Raises:
        InputError: no such run, or the data is not there.
    """
    if name not in RUNS:
        raise InputError(f"there is no run {name!r}: choose among {', '.join(RUNS)}")
    folder = Path(work_dir) / name
    path = folder / RESULT_FILE
    if path.is_file():
        return MotionResult(**json.loads(path.read_text()))
    run = RUNS[name]
    changes = dict(run.changes)
    if epochs is not None:
        changes["train_cfg.max_epochs"] = epochs
    for split in ("train", "val"):
        changes[f"{split}_dataloader.dataset.videos"] = str(data)
        changes[f"{split}_dataloader.dataset.annotations"] = str(Path(data) / f"{split}.txt")
    begin = time.perf_counter()
    runner = train(
        RunOptions(
            zoo.config_dir() / run.config,
            work_dir=folder,
            resume=(folder / LAST).is_file(),
            changes=changes,
        )
    )
    minutes = (time.perf_counter() - begin) / 60
    result = _summarise(runner, run.title, minutes)
    write_whole(path, json.dumps(asdict(result), indent=2) + "\n")
    return result


def _summarise(runner, title: str, minutes: float) -> MotionResult:
    (metric,) = runner.val_evaluator.metrics
    _, labels, scores = metric.result
    others = np.array([reversed_label(label) for label in labels.tolist()])
    return MotionResult(
        title=title,
        parameters=sum(one.numel() for one in bare_model(runner).parameters()),
        top1=top_k_accuracy(scores, labels, 1),
        right_way=two_way_accuracy(scores, labels, others),
        minutes=minutes,
    )


def as_markdown(results: Sequence[MotionResult]) -> str:
    """A table for a page of the docs."""
    rows = [COLUMNS, ("---", *("---:" for _ in COLUMNS[1:]))]
    rows += [
        (
            one.title,
            f"{one.parameters / 1e6:.2f} M",
            f"{one.top1:.3f}",
            f"{one.right_way:.3f}",
            f"{one.minutes:.1f}",
        )
        for one in results
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
