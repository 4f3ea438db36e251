"""Run ``stad evaluate DATA``: cross-validate a folder of own classes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from stad.cli.arguments import parse
from stad.cli.evaluate_own_options import EvaluateOwnOptions, check_options
from stad.tagging import TABLE

if TYPE_CHECKING:
    from stad.cli.figure_table import FigureTable

DESCRIPTION = """Measure how well your own classes are recognized.

The videos are divided by source. Each part is tested by a model that was trained on the others, so
that every label serves both and none is tested by a model that has seen its source. Taggers of a
folder of records are tested the same way, beside mean pooling."""
EXAMPLES = ("data/mine", "data/mine --report report", "data/mine --folds 10 --json", "records")
EVERYDAY = ("folder", "report", "folds", "json")


def own_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad evaluate DATA``."""
    options = parse(
        EvaluateOwnOptions,
        arguments,
        prog=prog,
        description=DESCRIPTION,
        examples=EXAMPLES,
        everyday=EVERYDAY,
    )
    check_options(options)
    if (options.folder / TABLE).is_file():
        from stad.cli.evaluate_tagger_job import evaluate_tagger, tagger_tables

        data = evaluate_tagger(options)
        _print(data, tagger_tables, as_json=options.json)
        return
    from stad.cli.evaluate_own_job import evaluate_own
    from stad.cli.evaluate_own_tables import own_tables

    data = evaluate_own(options)
    _print(data, own_tables, as_json=options.json)


def _print(
    data: dict[str, Any],
    tables_of: Callable[[dict[str, Any]], list[FigureTable]],
    *,
    as_json: bool,
) -> None:
    """Print figures as JSON, or as tables with the advice."""
    from stad.cli.figure_table import as_rich
    from stad.cli.terminal import PipeConsole

    if as_json:
        print(json.dumps(data, indent=1))
        return
    console = PipeConsole()
    for table in tables_of(data):
        console.print(as_rich(table))
    if advice := data.get("advice"):
        console.print(advice, highlight=False)
