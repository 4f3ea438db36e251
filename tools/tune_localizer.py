"""Fits thresholds and times of the localizer to a validation set, by segment-mAP.

    python demo/detect_video.py a.mp4 --json curves/a.json     # and so on
    python tools/tune_localizer.py curves --gt validation.json --out localizer.json
    python demo/detect_video.py new.mp4 --json new.json --localizer localizer.json

Annotations are JSON of ActivityNet's kind, without regard to who acts: a video's curve is the
highest score of its people. Ctrl-C ends the search and keeps what was found by then.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

# Runs from a checkout too, where stad may not be installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.arguments import ArgumentParser
from stad.errors import run_script
from stad.localization.tune_files import TuneOptions, tune_files


def parse_args() -> argparse.Namespace:
    """The options."""
    parser = ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("curves", nargs="+", help="JSON of the demo, folders of it, or npz")
    parser.add_argument("--gt", required=True, help="annotations, ActivityNet JSON")
    parser.add_argument("--subset", help="annotations to use, such as validation (default: all)")
    parser.add_argument("--out", required=True, metavar="FILE", help="options to write, JSON")
    parser.add_argument("--start-from", metavar="FILE", help="options to improve on, JSON")
    parser.add_argument(
        "--window", type=float, metavar="SEC", help="length of the model's clips, to average over"
    )
    parser.add_argument(
        "--stride", type=float, metavar="SEC", help="time between keyframes (default: as found)"
    )
    parser.add_argument("--tiou", type=float, default=0.5, help="temporal IoU that counts (0.5)")
    parser.add_argument("--per-label", action="store_true", help="options for each label")
    parser.add_argument("--quiet", action="store_true", help="no progress bar, no table")
    return parser.parse_args()


def main() -> int:
    """Search, write, print."""
    args = parse_args()
    return tune_files(
        TuneOptions(
            curves=tuple(args.curves),
            annotations=args.gt,
            out=args.out,
            subset=args.subset,
            start_from=args.start_from,
            window_sec=args.window,
            stride_sec=args.stride,
            overlap=args.tiou,
            per_label=args.per_label,
            quiet=args.quiet,
        )
    )


if __name__ == "__main__":
    run_script(main)
