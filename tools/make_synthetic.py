"""Renders the synthetic data set: videos of people who move, CSV files and a label map like AVA's.

A run that was stopped goes on where it was; more scenes may be added later with the same command.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tqdm import tqdm

from stad.cli.arguments import ArgumentParser
from stad.datasets.synthetic.files import RenderSettings, render_dataset
from stad.errors import InputError, run_script

# Far above the training seeds, so that more training scenes never meet the held-out ones.
FIRST_VAL_SEED = 1_000_000


def parse_args() -> argparse.Namespace:
    """The options."""
    usual = RenderSettings()
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the data set goes, data/synthetic say")
    parser.add_argument("--train", type=int, default=2000, metavar="N", help="scenes (2000)")
    parser.add_argument("--val", type=int, default=300, metavar="N", help="held-out scenes (300)")
    parser.add_argument("--size", default="{}x{}".format(*usual.size_px), help="WxH in pixels")
    parser.add_argument("--fps", type=float, default=usual.fps, help="frames per second (15)")
    parser.add_argument("--duration", type=float, default=usual.duration_sec, metavar="SEC")
    parser.add_argument("--stride", type=float, default=usual.stride_sec, metavar="SEC")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, metavar="N")
    return parser.parse_args()


def parse_size(text: str) -> tuple[int, int]:
    """'192x144' -> (192, 144)."""
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise InputError(f"--size must be WIDTHxHEIGHT in pixels, 192x144 say, got {text!r}")
    return int(width), int(height)


def main() -> None:
    """Render with a progress bar, then say what there is."""
    args = parse_args()
    if not (0 <= args.train <= FIRST_VAL_SEED and args.val >= 0 and args.workers >= 1):
        raise InputError(
            f"--train must be 0 to {FIRST_VAL_SEED}, --val 0 or more, --workers 1 or more"
        )
    settings = RenderSettings(
        size_px=parse_size(args.size),
        fps=args.fps,
        duration_sec=args.duration,
        stride_sec=args.stride,
    )
    splits = {
        "train": range(args.train),
        "val": range(FIRST_VAL_SEED, FIRST_VAL_SEED + args.val),
    }
    with tqdm(total=args.train + args.val, unit="scene") as bar:
        rows = render_dataset(
            args.folder, splits, settings=settings, workers=args.workers, on_scene=bar.update
        )
    counts = ", ".join(f"{name}.csv {count} rows" for name, count in rows.items())
    print(f"{args.folder}: {counts}")


if __name__ == "__main__":
    run_script(main)
