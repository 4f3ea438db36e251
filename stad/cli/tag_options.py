"""Define the options of ``stad tag``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from stad.cli.option_groups import DeviceOptions, JsonOptions, QuietOptions, RuntimeOptions
from stad.cli.option_types import option


@dataclass(frozen=True, kw_only=True)
class TagOptions(JsonOptions, DeviceOptions, RuntimeOptions, QuietOptions):
    """Options of ``stad tag``."""

    HEADING = "options"

    videos: Annotated[
        tuple[str, ...],
        Positional,
        option("folders of videos, video files, and records (*.tfrecord)", metavar="VIDEOS ..."),
    ] = ()
    model: Annotated[
        str | None,
        option("folder of records with a trained tagger, or a config", metavar="RECORDS|CONFIG"),
    ] = None
    weights: Annotated[
        Path | None, option("checkpoint of a config (default: of the folder)", metavar="FILE")
    ] = None
    out: Annotated[
        Path | None, option("page with the tags of each video over time", metavar="HTML")
    ] = None
    csv: Annotated[Path | None, option("a row for each tag of a video", metavar="FILE")] = None
    top: Annotated[int, option("tags of a video on the terminal", metavar="N")] = 3
