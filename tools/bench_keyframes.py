"""Times the whole flow on a video, decoding and person detection included: keyframes per second.

Several models are timed one after the other in the same run; ratios are to the first one.
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
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("video", help="with people in it")
    parser.add_argument("--models", default="skeleton_poses,i3d_roi_k400", metavar="A,B")
    parser.add_argument("--detector", default="yolov4_tiny")
    parser.add_argument("--start", type=float, default=0.0, metavar="SEC")
    parser.add_argument("--duration", type=float, default=20.0, metavar="SEC")
    return parser.parse_args()


def main() -> None:
    """Time each model and print a row for it."""
    args = parse_args()
    from benchmarks.keyframes import measure_keyframes

    first = None
    print("| model | stride s | keyframes/s | ratio | actors | detecting | scoring | rest |")
    print("|---" * 8 + "|")
    for model in args.models.split(","):
        found = measure_keyframes(
            model,
            args.video,
            detector=args.detector,
            start_sec=args.start,
            duration_sec=args.duration,
        )
        first = first or found
        parts = [found.detecting_sec / found.seconds, found.scoring_sec / found.seconds]
        shares = " | ".join(f"{part:.0%}" for part in [*parts, 1 - sum(parts)])
        print(
            f"| {model} | {found.stride_sec:g} | {found.per_second:.2f} "
            f"| {found.per_second / first.per_second:.2f} | {found.actors:.1f} | {shares} |",
            flush=True,
        )


if __name__ == "__main__":
    run_script(main)
