"""Define the options of ``stad import``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from stad.cli.option_groups import OwnFolderOptions, QuietOptions
from stad.cli.option_types import Labels, Pairs, option


@dataclass(frozen=True, kw_only=True)
class ImportVideosOptions:
    """Options for the videos that the files name."""

    HEADING = "videos"

    videos: Annotated[
        Path | None, option("folder in which the videos of the files are", metavar="DIR")
    ] = None
    link: Annotated[bool, option("link videos that are elsewhere into the folder")] = False
    copy: Annotated[bool, option("copy videos that are elsewhere into the folder")] = False
    keep_missing: Annotated[bool, option("also import labels of videos that are not there")] = False
    fps: Annotated[
        float | None,
        option("frames per second of the files' frame numbers (default: the video's)", metavar="N"),
    ] = None
    first_frame: Annotated[
        int | None, option("number of the first frame, 0 or 1 (default: the format's)", metavar="N")
    ] = None
    step_sec: Annotated[
        float | None,
        option(
            "time for which a label at a single time is valid (default: the files' own step)",
            metavar="SEC",
            name="step",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class ImportClassesOptions:
    """Options for the labels of the files."""

    HEADING = "classes"

    classes: Annotated[
        Labels, option("keep only these; times of others are 'nothing of these'", metavar="A,B")
    ] = ()
    rename: Annotated[Pairs, option("new names of labels", metavar="OLD=NEW ...")] = ()
    ignore: Annotated[
        Labels, option("leave out these labels, and boxes that have no other", metavar="A,B")
    ] = ()
    others: Annotated[
        Literal["auto", "negative", "unknown"],
        option(
            "what has no label is negative or unknown (default: auto, unknown unless a file "
            "says more)",
            metavar="negative|unknown",
        ),
    ] = "auto"


@dataclass(frozen=True, kw_only=True)
class ImportOptions(OwnFolderOptions, ImportVideosOptions, ImportClassesOptions, QuietOptions):
    """Options of ``stad import``."""

    HEADING = "options"

    from_: Annotated[
        tuple[str, ...],
        option(
            "files of labels; the name of their format may come first",
            metavar="[FORMAT] FILE ...",
            name="from",
        ),
    ] = ()
    format: Annotated[
        str | None, option("format of the files (default: recognized)", metavar="NAME")
    ] = None
    overwrite: Annotated[bool, option("replace labels that videos have already")] = False
    merge: Annotated[bool, option("add to labels that videos have already")] = False
    dry_run: Annotated[bool, option("say what would be imported, and write nothing")] = False
