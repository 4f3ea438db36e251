"""Run ``stad evaluate poses``: the whole product against annotated postures."""

from __future__ import annotations

import json
from collections.abc import Sequence

from stad.cli.arguments import parse
from stad.cli.evaluate_poses_options import EvaluatePosesOptions, check_options

DESCRIPTION = """Measure how well the postures of people are recognized in annotated clips.

The clips are annotated as "stad annotate" does it, with the same detector, tracker, model and
localizer. docs/evaluate_poses.md describes the folder and the figures."""
EXAMPLES = (
    "data/poses",
    "data/poses --leave-one-out configs/skeleton_poses.py --json figures.json",
    "data/poses --labels stand,sit,walk --compare figures.json",
)
EVERYDAY = ("data", "leave_one_out", "labels", "videos", "json", "markdown", "compare")


def poses_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad evaluate poses``."""
    options = parse(
        EvaluatePosesOptions,
        arguments,
        prog=prog,
        description=DESCRIPTION,
        examples=EXAMPLES,
        everyday=EVERYDAY,
    )
    check_options(options)
    from stad.cli.evaluate_poses_job import evaluate_poses
    from stad.cli.figure_table import as_markdown, as_rich
    from stad.cli.posture_tables import as_json, figure_tables, read_figures
    from stad.cli.terminal import PipeConsole
    from stad.utils.files import write_whole

    old = read_figures(options.compare) if options.compare else None
    groups = evaluate_poses(options)
    tables = figure_tables(groups, old=old)
    console = PipeConsole()
    for table in tables:
        console.print(as_rich(table))
    if options.markdown:
        write_whole(options.markdown, as_markdown(tables))
    if options.json:
        about = {"data": str(options.data), "model": _model(options)}
        write_whole(options.json, json.dumps(as_json(groups, **about), indent=1) + "\n")


def _model(options: EvaluatePosesOptions) -> str:
    """Return what was evaluated, for the file."""
    if options.leave_one_out:
        return f"{options.leave_one_out}, trained without each person"
    return f"{options.model or 'the default'}, weights {options.weights}"
