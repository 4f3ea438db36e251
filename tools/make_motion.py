"""Renders clips of motion whose reverse is another class: python tools/make_motion.py data/motion

A run that was stopped goes on where it was; more clips may be added later with the same command.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tqdm import tqdm

from benchmarks.motion_files import write_motion_dataset
from stad.cli.arguments import ArgumentParser
from stad.errors import run_script


def parse_args() -> argparse.Namespace:
    """The options."""
    parser = ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the data set goes, data/motion say")
    parser.add_argument("--train", type=int, default=800, metavar="N", help="clips (800)")
    parser.add_argument("--val", type=int, default=400, metavar="N", help="held-out clips (400)")
    return parser.parse_args()


def main() -> None:
    """Render with a progress bar, then say what there is."""
    args = parse_args()
    with tqdm(total=args.train + args.val, unit="clip") as bar:
        counts = write_motion_dataset(
            args.folder, num_train=args.train, num_val=args.val, on_clip=bar.update
        )
    print(f"{args.folder}: " + ", ".join(f"{k}.txt {v} clips" for k, v in counts.items()))


if __name__ == "__main__":
    run_script(main)
