"""Define the options of a training or evaluation run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

LAUNCHERS = ("none", "pytorch", "slurm")


@dataclass(frozen=True)
class RunOptions:
    """The options of a run.

    Attributes:
        config: path of a config file; for an evaluation, also the name of a model in the zoo.
        work_dir: folder of checkpoints and logs; None is work_dirs/NAME-OF-THE-CONFIG.
        resume: continue from the last checkpoint in ``work_dir``.
        amp: mixed precision, on a GPU.
        launcher: 'none', 'pytorch' (torchrun) or 'slurm'.
        changes: dotted keys of the config and their new values.
    """

    config: str | Path
    work_dir: str | Path | None = None
    resume: bool = False
    amp: bool = False
    launcher: str = "none"
    changes: Mapping[str, object] = field(default_factory=dict)
