"""Which networks see the order of time: python tools/compare_motion.py data/motion

Trains compact networks on rendered motion (tools/make_motion.py), where each clip played
backwards is another class, and prints a table. A run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.errors import run_script


def parse_args() -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="folder of the rendered clips")
    parser.add_argument("--work-dir", type=Path, default=Path("work_dirs/motion"), metavar="DIR")
    parser.add_argument("--only", nargs="+", metavar="RUN", help="tsn tsm tsm_online ... (all)")
    parser.add_argument("--epochs", type=int, metavar="N", help="as the configs say")
    parser.add_argument("--out", type=Path, metavar="MD", help="write the table, too")
    return parser.parse_args()


def main() -> None:
    """Train one after the other, then print the table."""
    args = parse_args()
    # After parse_args: --help does not wait for torch.
    from stad.engine.compare import RUNS, as_markdown, run_motion
    from stad.results.atomic import write_whole

    results = [
        run_motion(name, args.data, args.work_dir, epochs=args.epochs) for name in args.only or RUNS
    ]
    table = as_markdown(results)
    if args.out:
        write_whole(args.out, table)
    print(table, end="")


if __name__ == "__main__":
    run_script(main)
