"""Prepare the posture data set: fetch its videos and write its annotations; see skeleton_poses.py.

The annotations come with stad; the videos are downloaded from their publishers, or taken from a
folder that has them; those that only add people can be missing.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tqdm import tqdm
from tyro.conf import Positional

from stad.cli.arguments import parse
from stad.cli.option_types import option
from stad.datasets.prepare.poses.files import fetch_videos, write_splits
from stad.datasets.prepare.poses.videos import VIDEOS
from stad.errors import run_script


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options for the folders of the data set and of its videos."""

    folder: Annotated[
        Path, Positional, option("folder of the data set, such as data/poses", metavar="FOLDER")
    ]
    source: Annotated[
        Path | None,
        option("look here for the videos first, by their hashes", metavar="FOLDER", name="from"),
    ] = None


def main() -> None:
    """Fetch with a progress bar, then print how many rows there are."""
    options = parse(Options, description=__doc__)
    with tqdm(total=len(VIDEOS), unit="video", desc="videos") as bar:
        missing = fetch_videos(
            options.folder / "videos", source=options.source, on_video=bar.update
        )
    for name, error in missing.items():
        how = "To have it, give a folder that has it with --from."
        print(f"{name} is left out, with its annotations: {error} {how}", file=sys.stderr)
    for name, count in write_splits(options.folder, missing=missing).items():
        print(f"{options.folder / name}: {count} rows")


if __name__ == "__main__":
    run_script(main)
