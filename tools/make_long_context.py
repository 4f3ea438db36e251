"""Render scenes whose classes depend on what people did up to 40 seconds before.

    python tools/make_long_context.py data/long_context

The same command continues an interrupted run, and adds scenes with a larger --train or --val.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tqdm import tqdm
from tyro.conf import Positional

from benchmarks.long_context_files import write_long_context
from stad.cli.arguments import parse
from stad.cli.option_types import option
from stad.errors import run_script


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options for the scenes to render."""

    folder: Annotated[
        Path,
        Positional,
        option("folder of the data set, such as data/long_context", metavar="FOLDER"),
    ]
    train: Annotated[int, option("training scenes", metavar="N")] = 150
    val: Annotated[int, option("held-out scenes", metavar="N")] = 75


def main() -> None:
    """Render with a progress bar, then print how many rows there are."""
    options = parse(Options, description=__doc__)
    with tqdm(total=options.train + options.val, unit="scene") as bar:
        counts = write_long_context(
            options.folder, num_train=options.train, num_val=options.val, on_scene=bar.update
        )
    print(f"{options.folder}: " + ", ".join(f"{k}.csv {v} rows" for k, v in counts.items()))


if __name__ == "__main__":
    run_script(main)
