"""Render clips of motion whose reverse is another class.

    python tools/make_motion.py data/motion

The same command continues an interrupted run, and adds clips with a larger --train or --val.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tqdm import tqdm
from tyro.conf import Positional

from benchmarks.motion_files import write_motion_dataset
from stad.cli.arguments import parse
from stad.cli.option_types import option
from stad.errors import run_script


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options for the clips to render."""

    folder: Annotated[
        Path, Positional, option("folder of the data set, such as data/motion", metavar="FOLDER")
    ]
    train: Annotated[int, option("training clips", metavar="N")] = 800
    val: Annotated[int, option("held-out clips", metavar="N")] = 400


def main() -> None:
    """Render with a progress bar, then print how many clips there are."""
    options = parse(Options, description=__doc__)
    with tqdm(total=options.train + options.val, unit="clip") as bar:
        counts = write_motion_dataset(
            options.folder, num_train=options.train, num_val=options.val, on_clip=bar.update
        )
    print(f"{options.folder}: " + ", ".join(f"{k}.txt {v} clips" for k, v in counts.items()))


if __name__ == "__main__":
    run_script(main)
