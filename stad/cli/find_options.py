"""Define the options of ``stad find``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, UseAppendAction

from stad.cli.option_groups import JsonOptions, QuietOptions
from stad.cli.option_types import option


@dataclass(frozen=True, kw_only=True)
class FoundFileOptions(JsonOptions):
    """Options for the files that a search writes."""

    HEADING = "more outputs"

    csv: Annotated[Path | None, option("found segments as a CSV table", metavar="FILE")] = None
    html: Annotated[
        Path | None, option("page of thumbnails that play, for a browser", metavar="FILE")
    ] = None
    clips: Annotated[
        Path | None, option("folder for an mp4 of each found segment", metavar="DIR")
    ] = None


@dataclass(frozen=True, kw_only=True)
class FindOptions(FoundFileOptions, QuietOptions):
    """Options of ``stad find``."""

    HEADING = "options"

    results: Annotated[
        str, Positional, option("folder or URL that stad corpus wrote", metavar="RESULTS")
    ] = ""
    label: Annotated[
        tuple[str, ...],
        UseAppendAction,
        option("action, or several as A,B; may be repeated (default: all)", metavar="LABEL"),
    ] = ()
    min_score: Annotated[float, option("minimum score", metavar="0..1")] = 0.0
    longer_sec: Annotated[float, option("minimum length", metavar="SEC", name="longer")] = 0.0
    video: Annotated[
        tuple[str, ...],
        UseAppendAction,
        option("pattern of a path or file name, such as 'cam1*'; may be repeated", metavar="GLOB"),
    ] = ()
    model: Annotated[
        tuple[str, ...],
        UseAppendAction,
        option("pattern of a model's NAME or NAME@VERSION; may be repeated", metavar="GLOB"),
    ] = ()
    where: Annotated[
        str, option("condition over the columns of segments and videos", metavar="SQL")
    ] = ""
    limit: Annotated[
        int | None,
        option(
            "segments at most, highest scores first (default: 100; all in --csv and --json)",
            metavar="N",
        ),
    ] = None
