"""Define the options of ``stad recognize``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from tyro.conf import Positional

from stad.cli.option_groups import (
    DeviceOptions,
    JsonOptions,
    ListModelsOptions,
    RuntimeOptions,
    WeightsOptions,
)
from stad.cli.option_types import option
from stad.inference.options import RecognitionOptions


@dataclass(frozen=True, kw_only=True)
class RecognizeOptions(
    JsonOptions, WeightsOptions, DeviceOptions, RuntimeOptions, ListModelsOptions
):
    """Options of ``stad recognize``."""

    HEADING = "general"

    video: Annotated[str, Positional, option("video file", metavar="VIDEO")] = ""
    model: Annotated[str, option("model of whole clips", metavar="NAME|CONFIG")] = (
        RecognitionOptions.model
    )
    views: Annotated[
        str | None,
        option(
            "views whose scores are averaged, with 1, 3 or 10 crops, such as 10x3 (default: 5x1; "
            "1x1 for a model that sees segments of the whole video)",
            metavar="CLIPSxCROPS",
        ),
    ] = RecognitionOptions.views
    top: Annotated[int, option("classes shown", metavar="N")] = RecognitionOptions.top
