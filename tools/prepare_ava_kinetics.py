"""Prepare AVA-Kinetics.

    python tools/prepare_ava_kinetics.py data/ava_kinetics --kinetics DIR

AVA v2.2 must be there (tools/prepare_ava.py data/ava --version 2.2), and DIR must hold the training
clips of Kinetics-700, named by YouTube id, first and last second. The annotations are fetched, the
training list is written, and the videos of both parts are linked into one folder. Missing clips are
counted and left out. The data is Google's and DeepMind's, CC BY 4.0.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tyro.conf import Positional

from stad.cli.arguments import parse
from stad.cli.option_types import option
from stad.datasets.prepare.ava import Downloads, Wanted
from stad.datasets.prepare.ava_kinetics import (
    ARCHIVE_URL,
    find_kinetics_clips,
    match_rows,
    unpack_kinetics_csv,
    write_training_set,
)
from stad.errors import run_script


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options for the files to prepare."""

    folder: Annotated[
        Path,
        Positional,
        option("folder to write to, data/ava_kinetics for the configs", metavar="FOLDER"),
    ]
    kinetics: Annotated[Path, option("folder of the clips of Kinetics-700", metavar="DIR")]
    ava: Annotated[Path, option("folder of AVA", metavar="DIR")] = Path("data/ava")
    annotations: Annotated[
        Path | None, option("kinetics_train_v1.0.csv (default: downloaded)", metavar="CSV")
    ] = None


def main() -> None:
    """Write the training list."""
    options = parse(Options, description=__doc__)
    # Before the download, so that a folder without clips is reported at once.
    clips = find_kinetics_clips(options.kinetics)
    annotations = options.annotations
    if annotations is None:
        name = f"annotations/{ARCHIVE_URL.rpartition('/')[2]}"
        annotations = unpack_kinetics_csv(
            Downloads(options.folder).fetch(Wanted(ARCHIVE_URL, name))
        )
    rows = match_rows(annotations, clips)
    path = write_training_set(
        options.folder,
        ava_list=options.ava / "annotations" / "ava_train_v2.2.csv",
        ava_videos=options.ava / "videos",
        rows=rows,
    )
    total = rows.keyframes + rows.missing
    print(f"{path}: AVA v2.2, and {rows.keyframes} of {total} keyframes of Kinetics have a clip")


if __name__ == "__main__":
    run_script(main)
