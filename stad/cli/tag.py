"""Run ``stad tag``."""

from __future__ import annotations

from collections.abc import Sequence

from stad.cli.arguments import parse
from stad.cli.tag_options import TagOptions
from stad.errors import InputError

DESCRIPTION = """Tag whole videos, a folder of them at once, with a tagger that 'stad train' made.

The table has the best tags of each video; the page shows when they hold. Features that were
computed once are kept, so an interrupted run continues where it was."""
EXAMPLES = (
    "videos --model records --out tags.html",
    "a.mp4 b.mp4 --model records --csv tags.csv",
    "test*.tfrecord --model configs/nextvlad_youtube8m.py --weights tagger.pth",
)
EVERYDAY = ("videos", "model", "out", "csv", "json", "overwrite")


def tag_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad tag``."""
    options = parse(
        TagOptions,
        arguments,
        prog=prog,
        description=DESCRIPTION,
        examples=EXAMPLES,
        everyday=EVERYDAY,
    )
    if not options.videos:
        raise InputError("Give a folder of videos, or video files.")
    if options.model is None:
        raise InputError(
            "Give a tagger with --model RECORDS. 'stad features' and 'stad train' make one."
        )
    from stad.cli.tag_job import tag

    tag(options)
