"""Play a video in real time through demo/watch.py's job, and say how well this machine keeps up.

    python tools/bench_watch.py video.avi --duration 60
    python tools/bench_watch.py video.avi --duration 60 --fps 25 --must-keep-up

The options are those of demo/watch.py, and these two.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.arguments import parse
from stad.cli.option_types import option
from stad.cli.watch.options import WatchOptions
from stad.errors import run_script


@dataclass(frozen=True, kw_only=True)
class BenchOptions:
    """Options of the measurement."""

    HEADING = "measurement"

    fps: Annotated[
        int | None, option("play a video file at this rate, at the same speed", metavar="N")
    ] = None
    must_keep_up: Annotated[
        bool, option("exit with code 1 if a frame is dropped or a window skipped")
    ] = False


@dataclass(frozen=True, kw_only=True)
class Options(WatchOptions, BenchOptions):
    """Options of demo/watch.py, and of the measurement."""

    HEADING = "general"


def main() -> int:
    """Measure and print; return 1 if the run has to keep up and does not."""
    options = parse(Options, description=__doc__)
    from benchmarks.watch import change_rate, keeps_up, measure

    with tempfile.TemporaryDirectory() as folder:
        if options.fps is not None:
            video = change_rate(options.source, Path(folder, "video.mp4"), fps=options.fps)
            options = replace(options, source=str(video))
        found = measure(options)
    for name, value in found.items():
        print(f"{name:<24}{value:>10.2f}" if value % 1 else f"{name:<24}{value:>10.0f}")
    return int(options.must_keep_up and not keeps_up(found))


if __name__ == "__main__":
    run_script(main)
