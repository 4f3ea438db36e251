"""Define the options of ``stad corpus``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from stad.cli.option_groups import (
    BatchOptions,
    LabelsOptions,
    ListOptions,
    ModelOptions,
    ScoringOptions,
    TrackerOptions,
)
from stad.cli.option_types import option
from stad.errors import InputError
from stad.inference.options import InferenceOptions
from stad.utils.ranges import check_positive_int, check_probability


@dataclass(frozen=True, kw_only=True)
class WorkOptions:
    """Options for the way in which the work is done."""

    HEADING = "work"

    workers: Annotated[
        int | None, option("worker processes (default: as there is room for)", metavar="N")
    ] = None
    ray: Annotated[str | None, option("run on this Ray cluster, or auto", metavar="ADDRESS")] = None
    split_sec: Annotated[
        float,
        option("length of the parts of long videos, 0: no parts", metavar="SEC", name="split"),
    ] = 1800.0
    time_limit: Annotated[
        float, option("time for a video or a part, in times its length", metavar="RATIO")
    ] = 30.0
    tries: Annotated[int, option("how often a video that fails is tried", metavar="N")] = 2
    strict: Annotated[bool, option("exit with code 1 if a video failed")] = False


@dataclass(frozen=True, kw_only=True)
class CorpusOptions(
    WorkOptions,
    ModelOptions,
    BatchOptions,
    ScoringOptions,
    LabelsOptions,
    TrackerOptions,
    ListOptions,
):
    """Options of ``stad corpus``."""

    HEADING = "general"

    videos: Annotated[
        tuple[str, ...],
        Positional,
        option("folders, patterns, lists (.txt), files and URLs of videos", metavar="VIDEOS ..."),
    ] = ()
    out: Annotated[
        str | None, option("folder or URL of the results; they may exist", metavar="RESULTS")
    ] = None
    keep_scores: Annotated[
        float, option("minimum score of the rows of keyframes", metavar="0..1")
    ] = 0.05


def check_options(options: CorpusOptions) -> None:
    """Raise InputError for a number out of its range."""
    from stad.cli.option_ranges import check_numbers

    check_numbers(options)
    check_probability("--keep-scores", options.keep_scores)
    check_positive_int("--workers", options.workers)
    check_positive_int("--tries", options.tries)
    if not 0 <= options.split_sec < float("inf"):
        raise InputError(
            f"--split must be a number of seconds, or 0 for never, got {options.split_sec:g}."
        )
    if not 0 < options.time_limit < float("inf"):
        raise InputError(f"--time-limit must be above 0, got {options.time_limit:g}.")


def inference_options(options: CorpusOptions) -> InferenceOptions:
    """Return the options of the models, with paths that hold in any folder."""
    found = InferenceOptions.from_options(options, without=("max_labels",))
    places = {
        name: str(Path(value).resolve())
        for name in ("model", "weights", "detector", "detector_weights")
        if (value := getattr(found, name)) is not None and Path(value).exists()
    }
    localizer = found.localizer and found.localizer.resolve()
    return replace(found, localizer=localizer, **places)
