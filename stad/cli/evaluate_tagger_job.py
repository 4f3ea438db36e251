"""Test taggers on sources left out: the job behind ``stad evaluate RECORDS``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tqdm import tqdm

from stad.cli.evaluate_own_options import EvaluateOwnOptions, check_records
from stad.cli.figure_table import FigureTable
from stad.cli.log_lines import line_log
from stad.inference.build import resolve_device
from stad.tagging.evaluation import MAJORITY, NUM_SEEDS, choose_num_folds, evaluate_taggers
from stad.tagging.examples import load_tag_examples
from stad.tagging.model_folder import NAMES
from stad.tagging.network import MEAN_POOLING, NEXTVLAD
from stad.tagging.training import TagTraining
from stad.utils.numbers import shown_number

SHOWN = {**NAMES, MAJORITY: "most frequent answer"}


def evaluate_tagger(options: EvaluateOwnOptions) -> dict[str, Any]:
    """Return all figures as JSON values.

    Raises:
        InputError: there are too few labelled videos or sources, or a file cannot be used.
    """
    check_records(options)
    log = line_log(quiet=options.quiet)
    examples, _ = load_tag_examples(options.folder, classes=options.classes)
    num_folds = choose_num_folds(examples, options.folds)
    if num_folds < options.folds:
        log(f"folds     {num_folds}, because there are {num_folds} sources")
    aggregators = (NEXTVLAD, MEAN_POOLING)
    with tqdm(
        total=num_folds * len(aggregators) * NUM_SEEDS,
        desc="training",
        unit="tagger",
        disable=None if not options.quiet else True,
        leave=False,
    ) as bar:
        found = evaluate_taggers(
            examples,
            TagTraining(device=resolve_device(options.device)),
            aggregators=aggregators,
            num_folds=num_folds,
            num_seeds=NUM_SEEDS,
            on_fold=bar.update,
        )
    return found.to_json()


def tagger_tables(data: Mapping[str, Any]) -> list[FigureTable]:
    """Return the tables of an evaluation, of the JSON values of ``evaluate_tagger``."""
    names = ["accuracy"] if data["single_label"] else []
    names += ["mAP", "F1"]
    rows = [
        (SHOWN[name], *(_spread(figures[one]) for one in names))
        for name, figures in data["figures"].items()
    ]
    title = (
        f"{data['videos']} videos of {data['sources']} sources, {data['folds']} parts by source, "
        f"{data['divisions']} divisions"
    )
    classes = [
        (
            one["name"],
            str(one["videos"]),
            *(
                shown_number(found[place][name], 3)
                for name in ("AP", "F1")
                for found in data["classes"].values()
            ),
        )
        for place, one in enumerate(data["classes"][NEXTVLAD])
    ]
    columns = [f"{name} {SHOWN[one]}" for name in ("AP", "F1") for one in data["classes"]]
    return [
        FigureTable(title, ("tagger", *names), rows),
        FigureTable("tags", ("tag", "videos", *columns), classes),
    ]


def _spread(figure: Mapping[str, float | None]) -> str:
    if figure["mean"] is None:
        return "-"
    return f"{figure['mean']:.3f} ± {figure['deviation']:.3f}"
