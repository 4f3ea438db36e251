"""What SlowFast's options cost, next to the paper's figures: python tools/slowfast_table.py

Counts multiply-adds and weights of every variant of the paper's table 5 at a view of
256 x 256 pixels; nothing is computed, so it takes seconds.
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
    parser.add_argument("--out", type=Path, metavar="MD", help="write the table, too")
    return parser.parse_args()


def main() -> None:
    """Count and print."""
    args = parse_args()
    # After parse_args: --help does not wait for torch.
    from benchmarks.slowfast_table import as_markdown
    from stad.utils.files import write_whole

    table = as_markdown()
    if args.out:
        write_whole(args.out, table)
    print(table, end="")


if __name__ == "__main__":
    run_script(main)
