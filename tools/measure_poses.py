"""Measure the posture model on people it was not trained on, and write the tables of its card.

Leaves out one person at home, then the other, then the second half of the pedestrians' video;
with motion and without. tools/prepare_poses.py makes the data.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tyro.conf import Positional

from stad.cli.arguments import parse
from stad.cli.option_types import option
from stad.errors import run_script

WAYS = {"three frames": False, "one frame": True}


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options for the model to measure."""

    data: Annotated[
        Path, Positional, option("folder of the data set, such as data/poses", metavar="DATA")
    ]
    config: Annotated[str, option("config of the model", metavar="CONFIG")] = (
        "configs/skeleton_poses.py"
    )
    out: Annotated[Path | None, option("also write the tables here", metavar="FILE")] = None


def main() -> None:
    """Train and test every fold, then print the tables."""
    options = parse(Options, description=__doc__)
    from benchmarks.poses import FOLDS, markdown, measure_fold

    folds: dict[str, list] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for way, still in WAYS.items():
            for number, fold in enumerate(FOLDS):
                folder = Path(scratch, f"{still}_{number}")
                found = measure_fold(options.config, options.data, folder, fold, still=still)
                folds.setdefault(way, []).append(found)
    text = markdown(folds)
    print(text)
    if options.out:
        from stad.utils.files import write_whole

        write_whole(options.out, text + "\n")


if __name__ == "__main__":
    run_script(main)
