"""Write the report page of a detector's evaluation."""

from __future__ import annotations

from pathlib import Path

from mmengine.runner import Runner

from stad.datasets.ava import AVADataset
from stad.engine.ava_metric import AVAMetric
from stad.errors import InputError
from stad.report.page import NamedResult, write_report


def write_evaluation_report(runner: Runner, folder: str | Path, *, name: str) -> None:
    """Write the page of the evaluation that a runner has just made.

    Args:
        runner: after ``runner.val()``, on the first process.
        folder: the folder to write the page to.
        name: the model's name on the page.

    Raises:
        InputError: the data has no videos with actors, or the page cannot be written.
    """
    dataset = runner.val_dataloader.dataset
    if not isinstance(dataset, AVADataset):
        raise InputError(
            f"--report needs an AVADataset, but the data set is a {type(dataset).__name__}. "
            "Leave it out and use --out."
        )
    metrics = (one for one in runner.val_evaluator.metrics if isinstance(one, AVAMetric))
    (result,) = (NamedResult(name, one.comparison) for one in metrics if one.comparison)
    path = write_report(
        folder,
        [result],
        videos=dataset.source,
        video_start_sec=dataset.start_sec,
    )
    runner.logger.info(f"report: {path}")
