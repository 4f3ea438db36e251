"""Define the options of ``stad train`` and ``stad test``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional

from stad.cli.option_types import option

Launcher = Literal["none", "pytorch", "slurm"]


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
class TrainOptions(LaunchOptions, ConfigFileOptions):
    """Options of ``stad train``."""

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
