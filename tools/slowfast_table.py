"""Print what SlowFast's options cost, next to the paper's figures.

    python tools/slowfast_table.py

Counts multiply-adds and weights of every variant of the paper's table 5 at a view of 256 x 256
pixels; nothing is computed, so it takes seconds.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.arguments import parse
from stad.cli.option_types import option
from stad.errors import run_script


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options for the table."""

    out: Annotated[Path | None, option("also write the table here", metavar="MD")] = None


def main() -> None:
    """Count and print."""
    options = parse(Options, description=__doc__)
    # Imported here: --help does not wait for torch.
    from benchmarks.slowfast_table import as_markdown
    from stad.utils.files import write_whole

    table = as_markdown()
    if options.out:
        write_whole(options.out, table)
    print(table, end="")


if __name__ == "__main__":
    run_script(main)
