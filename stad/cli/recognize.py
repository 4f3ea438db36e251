"""Run ``stad recognize``."""

from __future__ import annotations

from collections.abc import Sequence

from stad.cli.arguments import parse
from stad.cli.models import print_models
from stad.cli.recognize_options import RecognizeOptions
from stad.errors import InputError

DESCRIPTION = "Name what a video shows as a whole: the most likely classes, with a bar each."
EXAMPLES = (
    "input.mp4",
    "input.mp4 --views 10x3 --top 3 --json result.json",
    "input.mp4 --model tsm_r50_1x1x8_k400",
)
EVERYDAY = ("video", "model", "weights", "views", "top", "json", "overwrite", "device")


def recognize_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad recognize``."""
    options = parse(
        RecognizeOptions,
        arguments,
        prog=prog,
        description=DESCRIPTION,
        examples=EXAMPLES,
        everyday=EVERYDAY,
    )
    if options.list_models:
        print_models()
        return
    if not options.video:
        raise InputError("Give a video file, or --list-models.")
    from stad.cli.recognize_job import recognize

    recognize(options)
