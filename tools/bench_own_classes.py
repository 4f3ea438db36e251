"""Compare a model of own classes with the nearest classes of a published recognizer.

    python tools/bench_own_classes.py data/fights --nearest "wrestling,headbutting" --time

The folder has clips of one class and of none of it, as in fight/ and no_fight/. Both are tested on
the same parts by source; the recognizer's threshold is the best one on the other parts.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tyro.conf import Positional

from stad.cli.arguments import parse
from stad.cli.option_types import Labels, option
from stad.errors import run_script


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options for the comparison."""

    data: Annotated[Positional[Path], option("folder of clips", metavar="DATA")]
    nearest: Annotated[Labels, option("classes of the recognizer", metavar="A,B")]
    recognizer: Annotated[str, option("model of the zoo", metavar="NAME")] = "i3d_k400"
    folds: Annotated[int, option("parts by source", metavar="N")] = 5
    time: Annotated[bool, option("also train once without any cache, and say how long")] = False
    out: Annotated[Path | None, option("also write the table here", metavar="MD")] = None


def main() -> None:
    """Compare, then print the table."""
    options = parse(Options, description=__doc__)
    # Imported here: --help does not wait for torch.
    from benchmarks.own_classes import as_table, compare_clips, training_cost
    from stad.annotations.own.folder import OwnFolder
    from stad.utils.files import check_output, write_whole

    if options.out:
        check_output("--out", options.out)
    folder = OwnFolder(options.data)
    cost = training_cost(folder) if options.time else None
    found = compare_clips(
        folder, recognizer=options.recognizer, nearest=options.nearest, num_folds=options.folds
    )
    table = as_table(found, cost, recognizer=options.recognizer)
    if options.out:
        write_whole(options.out, table)
    print(table, end="")


if __name__ == "__main__":
    run_script(main)
