"""Measures the posture model on people it was not trained on, and writes the tables of its card.

Leaves out one person at home, then the other, then the second half of the pedestrians' video;
with motion and without. tools/prepare_poses.py makes the data.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.arguments import ArgumentParser
from stad.errors import run_script

WAYS = {"three frames": False, "one frame": True}


def parse_args() -> argparse.Namespace:
    """The options."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the data set, data/poses say")
    parser.add_argument("--config", default="configs/skeleton_poses.py")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the tables here too")
    return parser.parse_args()


def main() -> None:
    """Train and test every fold, then print the tables."""
    args = parse_args()
    from benchmarks.poses import FOLDS, markdown, measure_fold

    folds: dict[str, list] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for way, still in WAYS.items():
            for number, fold in enumerate(FOLDS):
                folder = Path(scratch, f"{still}_{number}")
                found = measure_fold(args.config, args.data, folder, fold, still=still)
                folds.setdefault(way, []).append(found)
    text = markdown(folds)
    print(text)
    if args.out:
        from stad.utils.files import write_whole

        write_whole(args.out, text + "\n")


if __name__ == "__main__":
    run_script(main)
