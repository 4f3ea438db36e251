"""Define the options of ``stad evaluate poses``, and check them before a model is opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from stad.cli.option_groups import (
    BatchOptions,
    JsonOptions,
    ModelOptions,
    QuietOptions,
    ScoringOptions,
    TrackerOptions,
)
from stad.cli.option_ranges import check_numbers
from stad.cli.option_types import Labels, option
from stad.cli.output_checks import check_outputs
from stad.errors import InputError
from stad.inference.options import AUTO


@dataclass(frozen=True, kw_only=True)
class EvaluatePosesOptions(
    JsonOptions, ModelOptions, BatchOptions, ScoringOptions, TrackerOptions, QuietOptions
):
    """Options of ``stad evaluate poses``."""

    HEADING = "general"

    data: Annotated[
        Path, Positional, option("folder of clips and annotated postures", metavar="DATA")
    ]
    leave_one_out: Annotated[
        Path | None,
        option("for each person, train this config on everybody else first", metavar="CONFIG"),
    ] = None
    work_dir: Annotated[
        Path | None,
        option("keep what was trained there, and use what is there already", metavar="DIR"),
    ] = None
    seeds: Annotated[
        int, option("train this many times, each with its own seed; all of them count", metavar="N")
    ] = 1
    labels: Annotated[
        Labels, option("count only these postures (default: all)", metavar="A,B")
    ] = ()
    people: Annotated[
        Labels, option("only these people of people.csv (default: all)", metavar="A,B")
    ] = ()
    videos: Annotated[
        Labels, option("only these clips, such as 'home_*' (default: all)", metavar="A,B")
    ] = ()
    given_boxes: Annotated[
        bool, option("take the annotated boxes of people instead of a detector")
    ] = False
    markdown: Annotated[Path | None, option("the tables as Markdown", metavar="FILE")] = None
    compare: Annotated[
        Path | None, option("show the figures of an earlier --json beside", metavar="FILE")
    ] = None


def check_options(options: EvaluatePosesOptions) -> None:
    """Raise InputError for options that do not go together, and outputs that cannot be written."""
    check_numbers(options)
    if options.leave_one_out and (options.model or options.weights != AUTO):
        raise InputError(
            "--leave-one-out trains its own weights of CONFIG. Leave out --model and --weights."
        )
    if options.work_dir and not options.leave_one_out:
        raise InputError("--work-dir is for --leave-one-out CONFIG, which trains.")
    if options.seeds < 1:
        raise InputError(f"--seeds must be at least 1, got {options.seeds}.")
    if options.seeds > 1 and not options.leave_one_out:
        raise InputError("--seeds is for --leave-one-out CONFIG, which trains.")
    if options.given_boxes and options.detector:
        raise InputError("Give --detector or --given-boxes, not both.")
    outputs = {"--json": options.json, "--markdown": options.markdown}
    check_outputs(options, outputs, overwrite=options.overwrite)
