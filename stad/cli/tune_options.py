"""Define the options of ``stad tune``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from stad.cli.evaluate_options import SubsetOptions
from stad.cli.option_groups import QuietOptions
from stad.cli.option_types import option


@dataclass(frozen=True, kw_only=True)
class TuneOptions(SubsetOptions, QuietOptions):
    """Options of ``stad tune``."""

    HEADING = "options"

    curves: Annotated[
        tuple[str, ...],
        Positional,
        option("JSON of stad annotate, folders of it, or npz", metavar="CURVES ..."),
    ] = ()
    gt: Annotated[Path, option("annotations, ActivityNet JSON", metavar="FILE")]
    out: Annotated[Path, option("options of the localizer to write, JSON", metavar="FILE")]
    start_from: Annotated[Path | None, option("options to improve on, JSON", metavar="FILE")] = None
    window_sec: Annotated[
        float | None,
        option("length of the model's clips, to average over", metavar="SEC", name="window"),
    ] = None
    stride_sec: Annotated[
        float | None,
        option(
            "time between keyframes (default: that of the curves)", metavar="SEC", name="stride"
        ),
    ] = None
    tiou: Annotated[float, option("temporal IoU of a correct segment", metavar="IOU")] = 0.5
    per_label: Annotated[bool, option("fit options for each label")] = False
