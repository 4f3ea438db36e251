"""Compare which networks see the order of time.

    python tools/compare_motion.py data/motion

Trains compact networks on rendered motion (tools/make_motion.py), where each clip played
backwards is another class, and prints a table. The same command continues an interrupted run.
12 networks take less than an hour a seed.
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
from stad.errors import run_script


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options for the networks to compare."""

    data: Annotated[Path, Positional, option("folder of the rendered clips", metavar="DATA")]
    work_dir: Annotated[Path, option("checkpoints and logs", metavar="DIR")] = Path(
        "work_dirs/motion"
    )
    only: Annotated[
        tuple[str, ...], option("tsn tsm tsm_online ... (default: all)", metavar="RUN ...")
    ] = ()
    seeds: Annotated[int, option("runs of each network", metavar="N")] = 1
    epochs: Annotated[
        int | None, option("epochs of a run (default: the configs')", metavar="N")
    ] = None
    out: Annotated[Path | None, option("also write the table here", metavar="MD")] = None


def main() -> None:
    """Train one after the other, then print the table."""
    options = parse(Options, description=__doc__)
    # Imported here: --help does not wait for torch.
    from benchmarks.motion_comparison import RUNS, as_markdown, check_run, run_motion
    from stad.utils.files import check_output, write_whole
    from stad.utils.ranges import check_positive_int

    check_positive_int("--seeds", options.seeds)
    if options.out:
        check_output("--out", options.out)
    names = options.only or list(RUNS)
    for name in names:
        check_run(name)
    results = {name: [] for name in names}
    for seed in range(options.seeds):
        for name, runs in results.items():
            runs.append(
                run_motion(name, options.data, options.work_dir, seed=seed, epochs=options.epochs)
            )
    table = as_markdown(results)
    if options.out:
        write_whole(options.out, table)
    print(table, end="")


if __name__ == "__main__":
    run_script(main)
