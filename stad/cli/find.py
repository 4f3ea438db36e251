"""Run ``stad find``."""

from __future__ import annotations

from collections.abc import Sequence

from stad.cli.arguments import parse
from stad.cli.find_options import FindOptions
from stad.errors import InputError
from stad.utils.ranges import check_positive_int, check_probability

DESCRIPTION = """Find actions in the videos that 'stad corpus' has annotated.

The best ones are printed; clips of them can be cut, and a page shows them all and jumps into their
videos."""
EXAMPLES = (
    'results --label "fall down" --min-score 0.7 --longer 1',
    "results --label walk --label run --video 'cam1*' --html found.html",
    's3://bucket/results --where "start_sec > 3600" --csv found.csv',
    "results --label hug --clips hugs",
)
EVERYDAY = ("results", "label", "min_score", "longer_sec", "video", "html", "clips", "csv")


def find_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad find``."""
    options = parse(
        FindOptions,
        arguments,
        prog=prog,
        description=DESCRIPTION,
        examples=EXAMPLES,
        everyday=EVERYDAY,
    )
    if not options.results:
        raise InputError("Give the folder or URL that 'stad corpus' wrote with --out.")
    check_probability("--min-score", options.min_score)
    if not 0 <= options.longer_sec < float("inf"):
        raise InputError(
            f"--longer must be a number of seconds, 0 or more, got {options.longer_sec:g}."
        )
    check_positive_int("--limit", options.limit)
    from stad.cli.find_job import find

    find(options)
