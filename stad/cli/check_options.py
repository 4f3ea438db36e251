"""Define the options of ``stad check``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from stad.cli.evaluate_options import AvaFileOptions, SegmentFileOptions, TubeFileOptions
from stad.cli.option_groups import OverwriteOptions, OwnFolderOptions
from stad.cli.option_types import option
from stad.cli.train_options import ConfigFileOptions


@dataclass(frozen=True, kw_only=True)
class CheckConfigOptions(ConfigFileOptions):
    """Options of ``stad check config``."""


@dataclass(frozen=True, kw_only=True)
class CheckFolderOptions(OwnFolderOptions, OverwriteOptions):
    """Options of ``stad check folder``."""

    HEADING = "options"

    sheet: Annotated[
        Path | None, option("page with random examples of each class, HTML", metavar="FILE")
    ] = None
    per_class: Annotated[int, option("examples of each class on the page", metavar="N")] = 12
    move_labels: Annotated[bool, option("give labels of videos that moved their new names")] = False


@dataclass(frozen=True, kw_only=True)
class CheckAvaOptions(AvaFileOptions):
    """Options of ``stad check ava``."""

    file: Annotated[
        Path, Positional, option("annotations, or with --gt detections, AVA CSV", metavar="CSV")
    ]
    gt: Annotated[
        Path | None, option("ground truth that the detections should fit", metavar="CSV")
    ] = None


@dataclass(frozen=True, kw_only=True)
class CheckSegmentsOptions(SegmentFileOptions):
    """Options of ``stad check segments``."""

    file: Annotated[Path, Positional, option("detections, ActivityNet JSON", metavar="JSON")]


@dataclass(frozen=True, kw_only=True)
class CheckTubesOptions(TubeFileOptions):
    """Options of ``stad check tubes``."""

    file: Annotated[Path, Positional, option("detected tubes, JSON", metavar="JSON")]
