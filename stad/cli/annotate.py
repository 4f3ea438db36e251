"""Run ``stad annotate``, or print one of its lists."""

from __future__ import annotations

from collections.abc import Sequence

from stad.cli.annotate_options import AnnotateOptions
from stad.cli.arguments import parse
from stad.cli.models import print_labels, print_models, print_trackers
from stad.cli.run import run_command
from stad.errors import InputError

DESCRIPTION = "Find the people in a video and say what each of them does, and when."
EXAMPLES = (
    "input.mp4 --out annotated.mp4",
    "input.mp4 --json a.json --html a.html --labels walk,run --threshold 0.3",
)
EVERYDAY = (
    *("video", "out", "json", "csv", "html", "model", "labels", "threshold"),
    *("start_sec", "end_sec", "overwrite", "resume"),
)


def parse_options(
    arguments: Sequence[str] | None = None, *, prog: str | None = None
) -> AnnotateOptions:
    """Return the options of a command line."""
    return parse(
        AnnotateOptions,
        arguments,
        prog=prog,
        description=DESCRIPTION,
        examples=EXAMPLES,
        everyday=EVERYDAY,
    )


def annotate_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> int:
    """Run ``stad annotate`` and return the exit code."""
    options = parse_options(arguments, prog=prog)
    if options.list_models:
        print_models()
    elif options.list_labels:
        print_labels(options.model)
    elif options.list_trackers:
        print_trackers()
    elif not options.video:
        raise InputError("Give a video file, or --list-models.")
    else:
        from stad.cli.annotate_job import annotate

        return annotate(options)
    return 0


def main() -> None:
    """Run the command ``stad-annotate``."""
    run_command(annotate_main)
