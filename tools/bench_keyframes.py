"""Measure keyframes per second of the whole job on a video, decoding and detection included.

Several models are timed one after the other in the same run; ratios are to the first one. Detecting
and scoring overlap: each is the fraction of the time in which it worked.
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


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options for the models and the video to measure."""

    video: Annotated[str, Positional, option("a video with people in it", metavar="VIDEO")]
    models: Annotated[str, option("action models", metavar="A,B")] = "skeleton_poses,i3d_roi_k400"
    detector: Annotated[str, option("person detector", metavar="NAME")] = "yolov4_tiny"
    start: Annotated[float, option("begin here", metavar="SEC")] = 0.0
    duration: Annotated[float, option("length of the part", metavar="SEC")] = 20.0


def main() -> None:
    """Time each model and print a row for it."""
    options = parse(Options, description=__doc__)
    from benchmarks.keyframes import measure_keyframes

    first = None
    print("| model | stride s | keyframes/s | ratio | actors | detecting | scoring |")
    print("|---" * 7 + "|")
    for model in options.models.split(","):
        found = measure_keyframes(
            model,
            options.video,
            detector=options.detector,
            start_sec=options.start,
            duration_sec=options.duration,
        )
        first = first or found
        parts = [found.detecting_sec / found.seconds, found.scoring_sec / found.seconds]
        fractions = " | ".join(f"{part:.0%}" for part in parts)
        print(
            f"| {model} | {found.stride_sec:g} | {found.per_second:.2f} "
            f"| {found.per_second / first.per_second:.2f} | {found.actors:.1f} | {fractions} |",
            flush=True,
        )


if __name__ == "__main__":
    run_script(main)
