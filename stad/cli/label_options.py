"""Define the options of ``stad label``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from stad.cli.option_groups import DetectorOptions, QuietOptions
from stad.cli.option_types import Labels, option


@dataclass(frozen=True, kw_only=True)
class LabelOptions(DetectorOptions, QuietOptions):
    """Options of ``stad label``."""

    HEADING = "options"

    data: Annotated[Path, Positional, option("folder of your videos", metavar="DATA")]
    classes: Annotated[
        Labels, option("all classes, in the order of their keys", metavar="A,B")
    ] = ()
    port: Annotated[
        int, option("port on this machine (default: that of the last time)", metavar="N")
    ] = 0
    no_browser: Annotated[bool, option("only print the address of the page")] = False
