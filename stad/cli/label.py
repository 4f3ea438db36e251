"""Run ``stad label``: serve the page where people label their own videos."""

from __future__ import annotations

from collections.abc import Sequence

from stad.cli.arguments import parse
from stad.cli.label_options import LabelOptions

DESCRIPTION = """Label the people in your own videos, on a page in your browser.

Put videos into a folder. People are found and followed first; you say what they do, and when. The
labels are plain files in DATA/labels, saved as you go. Press Ctrl-C to stop."""
EXAMPLES = ("data/mine --classes fighting,phoning", "data/mine --port 8080 --no-browser")


def label_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> int:
    """Run ``stad label`` and return the exit code."""
    options = parse(
        LabelOptions,
        arguments,
        prog=prog,
        description=DESCRIPTION,
        examples=EXAMPLES,
        everyday=("data", "classes", "port", "no_browser"),
    )
    from stad.cli.label_job import label

    return label(options)
