"""Run ``stad evaluate DATA``: cross-validate a folder of own classes."""

from __future__ import annotations

import json
from collections.abc import Sequence

from stad.cli.arguments import parse
from stad.cli.evaluate_own_options import EvaluateOwnOptions, check_options

DESCRIPTION = """Measure how well your own classes are recognized.

The videos are divided by source. Each part is tested by a model that was trained on the others, so
that every label serves both and none is tested by a model that has seen its source."""
EXAMPLES = ("data/mine", "data/mine --report report", "data/mine --folds 10 --json")
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
    from stad.cli.evaluate_own_job import evaluate_own
    from stad.cli.evaluate_own_tables import own_tables
    from stad.cli.figure_table import as_rich
    from stad.cli.terminal import PipeConsole

    data = evaluate_own(options)
    if options.json:
        print(json.dumps(data, indent=1))
        return
    console = PipeConsole()
    for table in own_tables(data):
        console.print(as_rich(table))
    if data["advice"]:
        console.print(data["advice"], highlight=False)
