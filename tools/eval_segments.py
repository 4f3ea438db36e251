"""Segment-mAP of detections against annotations, as ActivityNet or THUMOS 2014 compute it.

    python tools/eval_segments.py --gt activity_net.v1-3.min.json --pred detections.json \\
        --subset validation
    python tools/eval_segments.py --gt TH14_Temporal_annotations_test/annotation \\
        --pred detections.json --subset test --protocol thumos14

Detections are JSON as for the ActivityNet challenge: {"results": {VIDEO: [{"label": ...,
"segment": [START, END], "score": ...}]}}, in seconds.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

# Runs from a checkout too, where stad may not be installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.annotations.segments import read_annotations, read_results
from stad.cli.arguments import ArgumentParser
from stad.errors import run_script
from stad.evaluation.compare_segments import check_segments, compare_segments
from stad.evaluation.items_summary import as_json, as_table
from stad.evaluation.segments import PROTOCOLS


def parse_args() -> argparse.Namespace:
    """The options."""
    parser = ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--gt", required=True, help="ActivityNet JSON, or the folder of THUMOS 2014's text files"
    )
    parser.add_argument("--pred", required=True, help="detections, ActivityNet JSON")
    parser.add_argument("--subset", help="annotations to use, such as validation (default: all)")
    parser.add_argument(
        "--protocol",
        choices=list(PROTOCOLS),
        default="activitynet",
        help="whose evaluation to follow; the figures differ (default: activitynet)",
    )
    parser.add_argument(
        "--tiou", type=float, nargs="+", help="temporal IoUs (default: those of the protocol)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args()


def main() -> None:
    """Read, evaluate, print."""
    args = parse_args()
    truth, found = read_annotations(args.gt, subset=args.subset), read_results(args.pred)
    for warning in check_segments(truth, found):
        print(f"warning: {warning}", file=sys.stderr)
    result = compare_segments(
        truth,
        found,
        protocol=args.protocol,
        thresholds=args.tiou,
    )
    print(json.dumps(as_json(result)) if args.json else as_table(result))


if __name__ == "__main__":
    run_script(main)
