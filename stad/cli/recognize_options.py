"""The options of ``stad recognize``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from stad.cli.option_groups import ListModelsOptions
from stad.cli.option_types import option

DEFAULT_MODEL = "i3d_k400"


@dataclass(frozen=True, kw_only=True)
class RecognizeOptions(ListModelsOptions):
    """What ``stad recognize`` is asked for."""

    HEADING = "general"

    video: Annotated[str, Positional, option("video file", metavar="VIDEO")] = ""
    model: Annotated[str, option("model of whole clips", metavar="NAME|CONFIG")] = DEFAULT_MODEL
    weights: Annotated[
        str, option("checkpoint of the model (default: published weights)", metavar="FILE")
    ] = "auto"
    views: Annotated[
        str | None,
        option(
            "views whose scores are averaged, with 1, 3 or 10 crops, such as 10x3 (default: 5x1; "
            "1x1 for a model that sees segments of the whole video)",
            metavar="CLIPSxCROPS",
        ),
    ] = None
    top: Annotated[int, option("classes shown", metavar="N")] = 5
    json: Annotated[Path | None, option("write the classes as JSON", metavar="FILE")] = None
    overwrite: Annotated[bool, option("replace a JSON that exists")] = False
    device: Annotated[str, option("auto, cpu, cuda, cuda:1, ...", metavar="DEVICE")] = "auto"
