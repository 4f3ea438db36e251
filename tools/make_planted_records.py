"""Make up records of frame features in which each label lies in a few of many frames.

    python tools/make_planted_records.py data/planted

The same command continues an interrupted run, and adds videos with a larger --train or --val.
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
from stad.datasets.synthetic.planted_records import FIRST_VAL, write_planted_records
from stad.errors import InputError, run_script


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options for the records to write."""

    folder: Annotated[
        Path, Positional, option("folder of the data set, such as data/planted", metavar="FOLDER")
    ]
    train: Annotated[int, option("training videos", metavar="N")] = 4000
    val: Annotated[int, option("held-out videos", metavar="N")] = 1000


def main() -> None:
    """Write with a progress bar, then print how many videos there are."""
    options = parse(Options, description=__doc__)
    if not (0 <= options.train <= FIRST_VAL and options.val >= 0):
        raise InputError(f"--train must be 0 to {FIRST_VAL}, and --val 0 or more.")
    with tqdm(total=options.train + options.val, unit="video") as bar:
        counts = write_planted_records(
            options.folder, num_train=options.train, num_val=options.val, on_record=bar.update
        )
    print(f"{options.folder}: " + ", ".join(f"{k} {v} videos" for k, v in counts.items()))


if __name__ == "__main__":
    run_script(main)
