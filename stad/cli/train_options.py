"""Define the options of ``stad train`` and ``stad test``."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional

from stad.cli.option_groups import (
    BackboneWeightsOptions,
    DetectorOptions,
    QuietOptions,
    RuntimeOptions,
)
from stad.cli.option_types import Labels, option
from stad.errors import InputError

Launcher = Literal["none", "pytorch", "slurm"]
# What a config takes and a folder does not, and what a folder of records takes.
CONFIG_OPTIONS = ("resume", "amp", "launcher", "work_dir", "cfg_options")
RECORDS_OPTIONS = ("config", "classes", "aggregator", "device", "quiet")


@dataclass(frozen=True, kw_only=True)
class ConfigOptions:
    """Options that change a config; the pairs are read by ``stad.engine.config_options``."""

    cfg_options: Annotated[
        tuple[str, ...],
        option(
            "change the config: train_dataloader.batch_size=4 train_cfg.max_epochs=5",
            metavar="KEY=VALUE ...",
        ),
    ] = ()


@dataclass(frozen=True, kw_only=True)
class ConfigFileOptions(ConfigOptions):
    """Options for a config file and its changes."""

    config: Annotated[
        Path, Positional, option("config file, such as configs/slowfast_ava.py", metavar="CONFIG")
    ]


@dataclass(frozen=True, kw_only=True)
class LaunchOptions(ConfigOptions):
    """Options for the folder of a run and for starting its processes."""

    work_dir: Annotated[
        Path | None,
        option(
            "folder of checkpoints and logs (default: work_dirs/NAME-OF-THE-CONFIG)", metavar="DIR"
        ),
    ] = None
    launcher: Annotated[
        Launcher, option("none, pytorch (for torchrun) or slurm", metavar="NAME")
    ] = "none"


@dataclass(frozen=True, kw_only=True)
class OwnTrainOptions(BackboneWeightsOptions, DetectorOptions, RuntimeOptions, QuietOptions):
    """Options for a folder of one's own labelled videos."""

    HEADING = "for a folder of your own videos"

    classes: Annotated[
        Labels, option("train only these classes (default: all of the folder)", metavar="A,B")
    ] = ()
    views: Annotated[
        Labels,
        option(
            "what of a person is seen: scene, roi, crop, deep_crop, skeleton (default: the best "
            "on videos left out)",
            metavar="A,B",
        ),
    ] = ()
    backbone: Annotated[
        str | None,
        option(
            "model whose network describes people (default: the best available)",
            metavar="NAME|CONFIG",
        ),
    ] = None
    variants: Annotated[int, option("rows of an example: as it is, and changed", metavar="N")] = 2
    unchecked: Annotated[bool, option("train also what one video alone shows, without a check")] = (
        False
    )
    finetune: Annotated[
        bool, option("train the network of the views as well; for those with a GPU")
    ] = False


@dataclass(frozen=True, kw_only=True)
class TaggerTrainOptions:
    """Options for a folder of records."""

    HEADING = "for a folder of records"

    aggregator: Annotated[
        str,
        option("what joins the seconds: nextvlad, netvlad or mean_pooling", metavar="NAME"),
    ] = "nextvlad"


@dataclass(frozen=True, kw_only=True)
class TrainOptions(TaggerTrainOptions, OwnTrainOptions, LaunchOptions):
    """Options of ``stad train``."""

    config: Annotated[
        Path,
        Positional,
        option("folder of your own videos or of records, or config file", metavar="FOLDER|CONFIG"),
    ]
    resume: Annotated[bool, option("continue from the last checkpoint")] = False
    amp: Annotated[bool, option("train in mixed precision; needs a GPU")] = False


@dataclass(frozen=True, kw_only=True)
class CheckpointOptions(LaunchOptions):
    """Options of ``stad test``."""

    config: Annotated[
        str,
        Positional,
        option("config file, or the name of a published model", metavar="CONFIG|NAME"),
    ]
    checkpoint: Annotated[
        Path | None,
        Positional,
        option(
            "weights of stad, mmaction2, PySlowFast or PyTorchVideo (default: the published ones "
            "of NAME)",
            metavar="[CHECKPOINT]",
        ),
    ] = None
    out: Annotated[Path | None, option("write the predictions", metavar="CSV")] = None
    views: Annotated[
        str | None,
        option(
            "views of a recognizer, such as 10x3 (default: the config's)", metavar="CLIPSxCROPS"
        ),
    ] = None
    report: Annotated[
        Path | None, option("write a page that shows the evaluation", metavar="DIR")
    ] = None


def check_config(options: TrainOptions) -> None:
    """Raise InputError for options of a folder that are given with a config."""
    for kind, what in ((OwnTrainOptions, "your own videos"), (TaggerTrainOptions, "records")):
        for field in fields(kind):
            if getattr(options, field.name) != field.default:
                raise InputError(
                    f"{_flag(field.name)} is for a folder of {what}, and {options.config} is not "
                    "one. Leave it out, or give the folder."
                )


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def check_folder(options: TrainOptions) -> None:
    """Raise InputError for options of a config that are given with a folder."""
    names = (*CONFIG_OPTIONS, "aggregator") if not options.finetune else ("aggregator",)
    defaults = {one.name: one.default for one in fields(TrainOptions)}
    for name in names:
        if getattr(options, name) != defaults[name]:
            what = "a config" if name in CONFIG_OPTIONS else "a folder of records"
            raise InputError(
                f"{_flag(name)} is for {what}, and {options.config} is a folder of videos. Leave "
                "it out."
            )


def check_records(options: TrainOptions) -> None:
    """Raise InputError for options that a folder of records does not take."""
    for field in fields(TrainOptions):
        if field.name not in RECORDS_OPTIONS and getattr(options, field.name) != field.default:
            raise InputError(
                f"{_flag(field.name)} is not for a folder of records, such as {options.config}. "
                "Leave it out."
            )
