"""Evaluates a checkpoint: python tools/test.py CONFIG CHECKPOINT

Or a published model: python tools/test.py NAME, as demo/detect_video.py --list-models names it,
with its published weights or with a CHECKPOINT, on the data and in the way that its published
figure is of. The data is that of the config's val_dataloader; the last line on stdout is JSON.
"""

from __future__ import annotations

import argparse
import json
import math
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
    parser.add_argument(
        "config",
        metavar="CONFIG|NAME",
        help="config file, such as configs/slowfast_ava.py, or a model's name",
    )
    parser.add_argument(
        "checkpoint",
        nargs="?",
        help="of stad, mmaction2, PySlowFast or PyTorchVideo (the published weights of NAME)",
    )
    parser.add_argument("--work-dir", help="where the log goes (work_dirs/CONFIG-OR-NAME)")
    parser.add_argument("--out", metavar="CSV", help="write what was predicted")
    parser.add_argument(
        "--views", metavar="CLIPSxCROPS", help="of a recognizer, such as 10x3 (the config's)"
    )
    parser.add_argument("--report", metavar="DIR", help="write a page that shows the evaluation")
    parser.add_argument(
        "--cfg-options", nargs="+", action=ConfigOptions, default={}, metavar="KEY=VALUE"
    )
    parser.add_argument("--launcher", default="none", choices=("none", "pytorch", "slurm"))
    return parser.parse_args()


def main() -> None:
    """Evaluate and print."""
    args = parse_args()
    # After parse_args: --help does not wait for torch.
    from stad.engine.run import RunOptions, evaluate

    changes = dict(args.cfg_options)
    if args.out:
        changes["val_evaluator.out"] = args.out
    options = RunOptions(
        config=args.config, work_dir=args.work_dir, launcher=args.launcher, changes=changes
    )
    metrics = evaluate(options, args.checkpoint, report=args.report, views=args.views)
    # JSON has no NaN.
    known = {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in metrics.items()
    }
    print(json.dumps(known))


if __name__ == "__main__":
    run_command(main)
