"""Measure the peak memory of the demo on a short and on a long video made by looping it.

    python tools/bench_memory.py sample.avi --minutes 1 30 -- --stride 5 --detect-every 1

What follows ``--`` goes to demo/detect_video.py. Prints a row per length and the ratio.
"""

from __future__ import annotations

import sys
import tempfile
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
    """Options for the videos to measure."""

    video: Annotated[str, Positional, option("a video; it is scaled and looped", metavar="VIDEO")]
    minutes: Annotated[
        tuple[float, ...], option("lengths (default: 1 30)", metavar="MINUTES ...")
    ] = (1.0, 30.0)
    size: Annotated[
        tuple[int, int], option("size of the videos, pixels", metavar="WIDTH HEIGHT")
    ] = (1280, 720)


def main() -> None:
    """Measure each length and print the table."""
    words = sys.argv[1:]
    split = words.index("--") if "--" in words else len(words)
    options = parse(Options, words[:split], description=__doc__)
    from benchmarks.memory import annotate_command, as_table, measure

    with tempfile.TemporaryDirectory() as name:
        rows = measure(
            options.video,
            options.minutes,
            lambda video, folder: annotate_command(video, folder, words[split + 1 :]),
            folder=Path(name),
            size=options.size,
        )
    print(as_table(rows))


if __name__ == "__main__":
    run_script(main)
