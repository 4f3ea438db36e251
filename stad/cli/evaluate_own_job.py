"""Cross-validate a folder of own classes: the job behind ``stad evaluate DATA``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tqdm import tqdm

from stad.annotations.own.folder import OwnFolder
from stad.cli.evaluate_own_options import EvaluateOwnOptions
from stad.cli.log_lines import line_log
from stad.own_classes.cross_validation import choose_num_folds
from stad.own_classes.evaluation import (
    CURVE_FRACTIONS,
    OwnEvaluation,
    evaluate_examples,
    untestable,
)
from stad.own_classes.evaluation_data import as_json, mistake_entries
from stad.own_classes.examples import load_examples
from stad.own_classes.training import fit_model
from stad.report.own_page import write_own_report
from stad.video.source import VideoSource


def evaluate_own(options: EvaluateOwnOptions) -> dict[str, Any]:
    """Return all figures as JSON values, and write the report if one is asked for.

    Raises:
        InputError: there are too few labels or sources, or a file cannot be used or written.
    """
    folder, log = OwnFolder(options.folder), line_log(quiet=options.quiet)
    examples = load_examples(
        folder,
        classes=options.classes or None,
        views=options.views or None,
        device=options.device,
        progress=not options.quiet,
        log=log,
    )
    num_folds = choose_num_folds(examples, options.folds)
    if num_folds < options.folds:
        log(f"folds     {num_folds}, because there are {num_folds} sources")
    if lone := untestable(examples):
        log(
            f"note      one source only shows {', '.join(lone)}: how well others are recognized "
            "cannot be tested. Label another source of it."
        )
    fractions = (1.0,) if options.no_curve else CURVE_FRACTIONS
    with tqdm(
        total=num_folds * len(fractions),
        desc="training",
        unit="head",
        disable=None if not options.quiet else True,
        leave=False,
    ) as bar:
        evaluation = evaluate_examples(
            examples,
            lambda given, rows: fit_model(given, rows, views=options.views or None),
            num_folds=num_folds,
            fractions=fractions,
            on_fold=bar.update,
        )
    data = as_json(evaluation, folder=folder.path.resolve().name)
    if options.report is not None:
        page = _write_report(options.report, folder, evaluation, data)
        log(f"report    {page}")
    return data


def _write_report(
    path: Path, folder: OwnFolder, evaluation: OwnEvaluation, data: dict[str, Any]
) -> Path:
    cells = mistake_entries(evaluation)
    sizes = {}
    for video in sorted({one["video"] for found in cells.values() for one in found}):
        info = VideoSource(folder.video_path(video)).info
        sizes[video] = (info.width_px, info.height_px)
    return write_own_report(path, data, cells=cells, sizes=sizes, videos=folder.path)
