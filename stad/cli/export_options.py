"""Define the options of ``stad export``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from stad.cli.option_groups import OverwriteOptions, QuietOptions, WeightsOptions
from stad.cli.option_types import option


@dataclass(frozen=True, kw_only=True)
class ExportLabelsOptions:
    """Options for the labels of a folder of one's own videos."""

    HEADING = "labels of your own videos"

    ava: Annotated[
        Path | None, option("labels of people as AVA CSV; the classes beside it", metavar="CSV")
    ] = None
    coco: Annotated[Path | None, option("all labels as COCO JSON with tracks", metavar="JSON")] = (
        None
    )
    step_sec: Annotated[
        float, option("seconds between the times of --ava", metavar="SEC", name="step")
    ] = 1.0


@dataclass(frozen=True, kw_only=True)
class ExportOptions(WeightsOptions, OverwriteOptions, ExportLabelsOptions, QuietOptions):
    """Options of ``stad export``."""

    HEADING = "options"

    model: Annotated[
        str,
        Positional,
        option(
            "action model, by name or config; or folder of labelled videos",
            metavar="NAME|CONFIG|DATA",
        ),
    ] = ""
    out: Annotated[
        Path | None,
        option("file to write: .onnx, or .xml for OpenVINO", metavar="FILE"),
    ] = None
    dynamic: Annotated[bool, option("leave the number, height and width of the clips open")] = False
    size: Annotated[
        str | None,
        option(
            "size of the videos, or of the clips (default: 16:9, or the square of a model of "
            "whole clips)",
            metavar="WIDTHxHEIGHT",
        ),
    ] = None
