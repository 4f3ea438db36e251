"""Prepares AVA-Kinetics: python tools/prepare_ava_kinetics.py data/ava_kinetics --kinetics DIR

AVA v2.2 is there already (tools/prepare_ava.py data/ava --version 2.2), and DIR has the training
clips of Kinetics-700, named after their YouTube id, first and last second. The annotations are
fetched; the training list is written, and the videos of both parts are linked into one folder.
Clips that are missing are counted and left out. The data is Google's and DeepMind's, CC BY 4.0.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.arguments import ArgumentParser
from stad.datasets.prepare.ava import Downloads, Wanted
from stad.datasets.prepare.ava_kinetics import (
    ARCHIVE_URL,
    find_kinetics_clips,
    match_rows,
    unpack_kinetics_csv,
    write_training_set,
)
from stad.errors import run_script


def parse_args() -> argparse.Namespace:
    """The options."""
    parser = ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="to write to, data/ava_kinetics for the configs")
    parser.add_argument("--kinetics", type=Path, required=True, metavar="DIR", help="the clips")
    parser.add_argument("--ava", type=Path, default=Path("data/ava"), metavar="DIR")
    parser.add_argument(
        "--annotations", type=Path, metavar="CSV", help="kinetics_train_v1.0.csv (fetched)"
    )
    return parser.parse_args()


def main() -> None:
    """Write the list."""
    args = parse_args()
    # Before the download: a folder without clips is said at once.
    clips = find_kinetics_clips(args.kinetics)
    annotations = args.annotations
    if annotations is None:
        name = f"annotations/{ARCHIVE_URL.rpartition('/')[2]}"
        annotations = unpack_kinetics_csv(Downloads(args.folder).fetch(Wanted(ARCHIVE_URL, name)))
    rows = match_rows(annotations, clips)
    path = write_training_set(
        args.folder,
        ava_list=args.ava / "annotations" / "ava_train_v2.2.csv",
        ava_videos=args.ava / "videos",
        rows=rows,
    )
    total = rows.keyframes + rows.missing
    print(f"{path}: AVA v2.2, and {rows.keyframes} of {total} keyframes of Kinetics have a clip")


if __name__ == "__main__":
    run_script(main)
