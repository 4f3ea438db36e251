"""Which networks see the order of time: python tools/compare_motion.py data/motion

Trains compact networks on rendered motion (tools/make_motion.py), where each clip played
backwards is another class, and prints a table. A run that was stopped goes on where it was;
give the same command again. 12 networks take less than an hour a seed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.arguments import ArgumentParser
from stad.errors import run_script


def parse_args() -> argparse.Namespace:
    """The options."""
    parser = ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="folder of the rendered clips")
    parser.add_argument("--work-dir", type=Path, default=Path("work_dirs/motion"), metavar="DIR")
    parser.add_argument("--only", nargs="+", metavar="RUN", help="tsn tsm tsm_online ... (all)")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="runs of each (1)")
    parser.add_argument("--epochs", type=int, metavar="N", help="as the configs say")
    parser.add_argument("--out", type=Path, metavar="MD", help="write the table, too")
    return parser.parse_args()


def main() -> None:
    """Train one after the other, then print the table."""
    args = parse_args()
    # After parse_args: --help does not wait for torch.
    from benchmarks.motion_comparison import RUNS, as_markdown, check_run, run_motion
    from stad.cli.option_ranges import check_positive_ints
    from stad.utils.files import check_output, write_whole

    check_positive_ints(seeds=args.seeds)
    if args.out:
        check_output("--out", args.out)
    names = args.only or list(RUNS)
    for name in names:
        check_run(name)
    results = {name: [] for name in names}
    for seed in range(args.seeds):
        for name, runs in results.items():
            runs.append(run_motion(name, args.data, args.work_dir, seed=seed, epochs=args.epochs))
    table = as_markdown(results)
    if args.out:
        write_whole(args.out, table)
    print(table, end="")


if __name__ == "__main__":
    run_script(main)
