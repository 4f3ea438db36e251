"""Trains a model: python tools/train.py configs/slowfast_ava.py

On several GPUs: torchrun --nproc_per_node 8 tools/train.py CONFIG --launcher pytorch
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.arguments import ArgumentParser
from stad.cli.run import run_command
from stad.engine.config_options import ConfigOptions


def parse_args() -> argparse.Namespace:
    """The options."""
    parser = ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", help="config file, such as configs/slowfast_ava.py")
    parser.add_argument("--work-dir", help="checkpoints and logs (work_dirs/NAME-OF-THE-CONFIG)")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--amp", action="store_true", help="mixed precision, on a GPU")
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        action=ConfigOptions,
        default={},
        metavar="KEY=VALUE",
        help="change the config: train_dataloader.batch_size=4 train_cfg.max_epochs=5",
    )
    parser.add_argument("--launcher", default="none", choices=("none", "pytorch", "slurm"))
    return parser.parse_args()


def main() -> None:
    """Train."""
    args = parse_args()
    # After parse_args: --help does not wait for torch.
    from stad.engine.run import RunOptions, train

    train(
        RunOptions(
            config=args.config,
            work_dir=args.work_dir,
            resume=args.resume,
            amp=args.amp,
            launcher=args.launcher,
            changes=args.cfg_options,
        )
    )


if __name__ == "__main__":
    run_command(main)
