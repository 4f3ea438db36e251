"""Run ``stad features``."""

from __future__ import annotations

from collections.abc import Sequence

from stad.cli.arguments import parse
from stad.cli.features_options import FeaturesOptions
from stad.errors import InputError
from stad.utils.ranges import check_positive_int

DESCRIPTION = """Describe each second of your videos by a vector, in records for taggers.

Folders of classes, labels of 'stad label' and sources.csv are read along. The records have the
format of YouTube-8M. An interrupted run continues; a later one adds videos."""
EXAMPLES = (
    "data/mine --out records",
    "more_videos --out records",
    "data/mine --out records --backbone tsm_r50_1x1x8_k400",
)
EVERYDAY = ("videos", "out", "backbone", "pca", "device")


def features_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad features``."""
    options = parse(
        FeaturesOptions,
        arguments,
        prog=prog,
        description=DESCRIPTION,
        examples=EXAMPLES,
        everyday=EVERYDAY,
    )
    if not options.videos:
        raise InputError("Give a folder of videos, or video files.")
    if options.out is None:
        raise InputError("Give the folder of the records with --out DIR.")
    check_positive_int("--components", options.components)
    from stad.cli.features_job import write_features

    write_features(options)
