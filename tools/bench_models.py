"""How fast recognizers are: python tools/bench_models.py slowfast_kinetics tsm_kinetics

Clips per second of each network at the input that its config tests with, and of torchvision's
nearest one at the same input, in turns. A ratio above 1 means that stad's is quicker.
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
    parser.add_argument("configs", nargs="*", metavar="CONFIG", help="names, without .py (all)")
    parser.add_argument("--batch", type=int, default=1, help="clips per pass (1)")
    parser.add_argument("--rounds", type=int, default=5, help="passes of each network (5)")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1, ...")
    parser.add_argument("--threads", type=int, metavar="N", help="of torch on a CPU (all cores)")
    parser.add_argument("--out", type=Path, metavar="MD", help="write the table, too")
    args = parser.parse_args()
    for name in ("batch", "rounds", "threads"):
        if (value := getattr(args, name)) is not None and value < 1:
            parser.error(f"--{name} is 1 or more, got {value}")
    return args


def main() -> None:
    """Measure one after the other, then print the table."""
    args = parse_args()
    # After parse_args: --help does not wait for torch.
    import torch

    from benchmarks.models import PEERS, as_markdown, measure
    from stad.utils.files import check_output, write_whole

    if args.out:
        check_output("--out", args.out)
    if args.threads:
        torch.set_num_threads(args.threads)
    speeds = []
    for name in args.configs or PEERS:
        print(f"measuring {name}", file=sys.stderr)
        speeds += measure(name, batch_size=args.batch, rounds=args.rounds, device=args.device)
    where = torch.cuda.get_device_name(args.device) if args.device != "cpu" else "CPU"
    threads = f", {torch.get_num_threads()} threads" if args.device == "cpu" else ""
    table = f"{where}{threads}, float32, {args.batch} clips per pass\n\n{as_markdown(speeds)}"
    if args.out:
        write_whole(args.out, table)
    print(table, end="")


if __name__ == "__main__":
    run_script(main)
