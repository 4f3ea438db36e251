"""Run ``stad train``."""

from __future__ import annotations

from collections.abc import Sequence

from stad.cli.arguments import parse
from stad.cli.train_options import TrainOptions, check_config
from stad.tagging import TABLE

DESCRIPTION = """Train a model, of the classes of your own labelled videos or that of a config.

A folder gets its model within minutes, in FOLDER/model, for --model FOLDER; one of records, which
'stad features' wrote, gets a tagger. A config trains a whole network; on several GPUs:
torchrun --nproc_per_node 8 tools/train.py CONFIG --launcher pytorch"""
EXAMPLES = (
    "data/mine",
    "records",
    "configs/slowfast_ava.py",
    "configs/slowfast_ava.py --resume --amp",
)
EVERYDAY = ("config", "classes", "views", "work_dir", "resume", "amp", "cfg_options", "launcher")


def train_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad train``."""
    options = parse(
        TrainOptions,
        arguments,
        prog=prog,
        description=DESCRIPTION,
        examples=EXAMPLES,
        everyday=EVERYDAY,
    )
    if (options.config / TABLE).is_file():
        # Imported here: --help and wrong options do not wait for torch.
        from stad.cli.train_tagger_job import train_tagger

        train_tagger(options)
        return
    if options.config.is_dir():
        from stad.cli.train_own_job import train_folder

        train_folder(options)
        return
    check_config(options)
    from stad.engine.config_options import read_changes

    changes = read_changes(options.cfg_options)
    from stad.engine.run import RunOptions, train

    train(
        RunOptions(
            config=options.config,
            work_dir=options.work_dir,
            resume=options.resume,
            amp=options.amp,
            launcher=options.launcher,
            changes=changes,
        )
    )
