"""Define the options of ``stad features``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from stad.cli.option_groups import (
    BackboneWeightsOptions,
    DeviceOptions,
    QuietOptions,
    RuntimeOptions,
)
from stad.cli.option_types import option


@dataclass(frozen=True, kw_only=True)
class FeatureModelOptions(BackboneWeightsOptions, DeviceOptions, RuntimeOptions):
    """Options for the network that describes the videos."""

    HEADING = "models"

    backbone: Annotated[
        str, option("model whose network describes each second", metavar="NAME|CONFIG")
    ] = "i3d_k400"


@dataclass(frozen=True, kw_only=True)
class FeaturesOptions(FeatureModelOptions, QuietOptions):
    """Options of ``stad features``."""

    HEADING = "options"

    videos: Annotated[
        tuple[str, ...],
        Positional,
        option("folders of videos, labelled or not, and video files", metavar="VIDEOS ..."),
    ] = ()
    out: Annotated[
        Path | None, option("folder of the records; it may hold some already", metavar="DIR")
    ] = None
    pca: Annotated[
        Path | None,
        option("PCA of another folder of records (default: fitted to these)", metavar="FILE"),
    ] = None
    components: Annotated[
        int, option("components of a PCA that is fitted, at most", metavar="N")
    ] = 1024
