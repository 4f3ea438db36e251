"""Measure how fast recognizers are.

    python tools/bench_models.py slowfast_kinetics tsm_kinetics

Prints clips per second of each network at the input that its config tests with, and of the nearest
network of torchvision at the same input, in turns. With a ratio above 1 stad's is faster.
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
    """Options for the recognizers to measure."""

    configs: Annotated[
        tuple[str, ...],
        Positional,
        option("names of configs without .py (default: all)", metavar="[CONFIG ...]"),
    ] = ()
    batch: Annotated[int, option("clips per pass", metavar="N")] = 1
    rounds: Annotated[int, option("passes of each network", metavar="N")] = 5
    device: Annotated[str, option("cpu, cuda, cuda:1, ...", metavar="DEVICE")] = "cpu"
    threads: Annotated[
        int | None, option("threads of torch on a CPU (default: all cores)", metavar="N")
    ] = None
    out: Annotated[Path | None, option("also write the table here", metavar="MD")] = None


def main() -> None:
    """Measure one after the other, then print the table."""
    options = parse(Options, description=__doc__)
    for name in ("batch", "rounds", "threads"):
        check_positive_int(f"--{name}", getattr(options, name))
    # Imported here: --help does not wait for torch.
    import torch

    from benchmarks.models import PEERS, as_markdown, measure
    from stad.utils.files import check_output, write_whole

    if options.out:
        check_output("--out", options.out)
    if options.threads:
        torch.set_num_threads(options.threads)
    speeds = []
    for name in options.configs or PEERS:
        print(f"measuring {name}", file=sys.stderr)
        speeds += measure(
            name, batch_size=options.batch, rounds=options.rounds, device=options.device
        )
    where = torch.cuda.get_device_name(options.device) if options.device != "cpu" else "CPU"
    threads = f", {torch.get_num_threads()} threads" if options.device == "cpu" else ""
    table = f"{where}{threads}, float32, {options.batch} clips per pass\n\n{as_markdown(speeds)}"
    if options.out:
        write_whole(options.out, table)
    print(table, end="")


if __name__ == "__main__":
    run_script(main)
