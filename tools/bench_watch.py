"""Play a video in real time through demo/watch.py's job, and say how well this machine keeps up.

    python tools/bench_watch.py video.avi --duration 60

The options are those of demo/watch.py.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.watch import measure
from stad.cli.watch.command import parse_options
from stad.errors import run_script


def main() -> None:
    """Measure and print."""
    for name, value in measure(parse_options()).items():
        print(f"{name:<24}{value:>10.2f}" if value % 1 else f"{name:<24}{value:>10.0f}")


if __name__ == "__main__":
    run_script(main)
