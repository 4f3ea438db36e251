"""Run ``stad tune``."""

from __future__ import annotations

from collections.abc import Sequence

from stad.cli.arguments import parse
from stad.cli.tune_options import TuneOptions
from stad.errors import InputError

DESCRIPTION = """Fit thresholds and times of the localizer to a validation set, by segment-mAP.

Annotations are JSON as for ActivityNet, without regard to who acts: the curve of a video is the
highest score of its people. Press Ctrl-C to stop the search and keep the best options so far."""
EXAMPLES = ("curves/ --gt validation.json --out localizer.json",)
EVERYDAY = ("curves", "gt", "out", "subset", "per_label")


def tune_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> int:
    """Run ``stad tune`` and return the exit code."""
    options = parse(
        TuneOptions,
        arguments,
        prog=prog,
        description=DESCRIPTION,
        examples=EXAMPLES,
        everyday=EVERYDAY,
    )
    if not options.curves:
        raise InputError("Give the JSON files of stad annotate, or folders of them.")
    from stad.cli.tune_job import tune_files

    return tune_files(options)
