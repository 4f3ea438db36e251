"""Compare the networks of the zoo in torch, OpenVINO and ONNX Runtime.

    python tools/bench_runtimes.py slowfast_r50_4x16_ava21 tsm_r50_1x1x8_k400

Each network has random weights and sees a random clip of the size that its config tests with.
Prints clips per second, the ratio to torch in float32 (above 1: faster), and the difference of the
logits from torch: relative to their norm, and the largest.
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
from stad.utils.ranges import check_positive_int


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options for the models to compare."""

    models: Annotated[
        tuple[str, ...],
        Positional,
        option("names of the zoo (default: all)", metavar="[NAME ...]"),
    ] = ()
    rounds: Annotated[int, option("timed passes of each way", metavar="N")] = 3
    out: Annotated[Path | None, option("also write the table here", metavar="MD")] = None


def main() -> None:
    """Measure one after the other, then print the table."""
    options = parse(Options, description=__doc__)
    check_positive_int("--rounds", options.rounds)
    # Imported here: --help does not wait for torch.
    import torch

    from benchmarks.runtimes import as_markdown, compare, convertible_names
    from stad.utils.files import check_output, write_whole

    if options.out:
        check_output("--out", options.out)
    ways = []
    for name in options.models or convertible_names():
        print(f"measuring {name}", file=sys.stderr)
        ways += compare(name, rounds=options.rounds)
    table = f"CPU, {torch.get_num_threads()} threads, one clip per pass\n\n{as_markdown(ways)}"
    if options.out:
        write_whole(options.out, table)
    print(table, end="")


if __name__ == "__main__":
    run_script(main)
