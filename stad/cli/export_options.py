"""Define the options of ``stad export``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from stad.cli.option_groups import OverwriteOptions, QuietOptions, WeightsOptions
from stad.cli.option_types import option


@dataclass(frozen=True, kw_only=True)
class ExportOptions(WeightsOptions, OverwriteOptions, QuietOptions):
    """Options of ``stad export``."""

    HEADING = "options"

    model: Annotated[
        str, Positional, option("action model, by name or config", metavar="NAME|CONFIG")
    ] = ""
    out: Annotated[
        Path,
        option("file to write: .onnx, or .xml for OpenVINO", metavar="FILE"),
    ]
    dynamic: Annotated[bool, option("leave the number, height and width of the clips open")] = False
    size: Annotated[
        str | None,
        option(
            "size of the videos, or of the clips (default: 16:9, or the square of a model of "
            "whole clips)",
            metavar="WIDTHxHEIGHT",
        ),
    ] = None
