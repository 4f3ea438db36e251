"""Gets the videos of the posture data set and writes its annotations; see skeleton_poses.py.

The annotations come with stad; the videos are fetched from where they are public, or taken from a
folder that has them. Some people are rendered: nobody runs in the videos.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tqdm import tqdm

from stad.cli.arguments import ArgumentParser
from stad.datasets.prepare.poses.files import (
    RUNNER_SCENES,
    VIDEOS,
    fetch_videos,
    render_runners,
    write_splits,
)
from stad.errors import run_script


def parse_args() -> argparse.Namespace:
    """The options."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the data set goes, data/poses say")
    parser.add_argument(
        "--from",
        type=Path,
        dest="source",
        metavar="FOLDER",
        help="look here for the videos first, by their hashes",
    )
    return parser.parse_args()


def main() -> None:
    """Fetch and render with a progress bar, then say what there is."""
    args = parse_args()
    with tqdm(total=len(VIDEOS), unit="video", desc="videos") as bar:
        fetch_videos(args.folder / "videos", source=args.source, on_video=bar.update)
    if not (args.folder / "runners.csv").is_file():
        with tqdm(total=RUNNER_SCENES, unit="scene", desc="runners") as bar:
            render_runners(args.folder, on_scene=bar.update)
    for name, count in write_splits(args.folder).items():
        print(f"{args.folder / name}: {count} rows")


if __name__ == "__main__":
    run_script(main)
