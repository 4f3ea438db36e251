"""Run ``stad corpus``."""

from __future__ import annotations

from collections.abc import Sequence

from stad.cli.arguments import parse
from stad.cli.corpus_options import CorpusOptions
from stad.cli.models import print_labels, print_models, print_trackers
from stad.errors import InputError

DESCRIPTION = """Annotate many videos, and keep what was found in tables that can be searched.

The same command continues where it stopped: each video is done once for each model and its
options."""
EXAMPLES = (
    "videos --out results",
    "'videos/**/*.mkv' more.txt --out results --model slowfast_r50_8x8_ava22 --workers 8",
    "s3://bucket/videos --out s3://bucket/results --strict",
)
EVERYDAY = (
    *("videos", "out", "model", "labels", "threshold", "workers", "split_sec", "tries"),
    *("time_limit", "strict"),
)


def corpus_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> int:
    """Run ``stad corpus`` and return the exit code."""
    options = parse(
        CorpusOptions,
        arguments,
        prog=prog,
        description=DESCRIPTION,
        examples=EXAMPLES,
        everyday=EVERYDAY,
    )
    if options.list_models:
        print_models()
    elif options.list_labels:
        print_labels(options.model)
    elif options.list_trackers:
        print_trackers()
    elif not options.videos:
        raise InputError("Give folders of videos, video files or URLs.")
    elif options.out is None:
        raise InputError("Give the folder or the URL of the results with --out RESULTS.")
    else:
        from stad.cli.corpus_job import annotate_corpus

        return annotate_corpus(options)
    return 0
