"""Tube-mAP (video-mAP) of detections on UCF101-24, JHMDB or MultiSports.

    python tools/eval_tubes.py --gt UCF101v2-GT.pkl --pred tubes.json
    python tools/eval_tubes.py --gt multisports_GT.pkl --pred tubes.json --protocol multisports

Detections are JSON: {"format": "stad-tubes", "version": 1, "videos": {VIDEO: [{"label": ...,
"score": ..., "first_frame": FROM 1, "boxes": [[X1, Y1, X2, Y2], ...]}]}}, in pixels, a box for
every frame.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

# Runs from a checkout too, where stad may not be installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.annotations.tubes import SETS, read_tube_annotations, read_tube_results
from stad.cli.arguments import ArgumentParser
from stad.errors import run_script
from stad.evaluation.compare_tubes import check_tube_results, compare_tubes
from stad.evaluation.items_summary import as_json, as_table
from stad.evaluation.tubes import PROTOCOLS, THRESHOLDS


def parse_args() -> argparse.Namespace:
    """The options."""
    parser = ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gt", required=True, help="the published pickle of annotations")
    parser.add_argument("--pred", required=True, help="detected tubes, JSON")
    parser.add_argument("--part", choices=SETS, default="test", help="videos to use (test)")
    parser.add_argument("--split", type=int, default=1, help="split of the data set (1)")
    parser.add_argument(
        "--protocol",
        choices=list(PROTOCOLS),
        default="act",
        help="whose evaluation to follow; the figures differ (default: act)",
    )
    parser.add_argument(
        "--iou", type=float, nargs="+", default=THRESHOLDS, help="tube IoUs (0.2, 0.5:0.95)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args()


def main() -> None:
    """Read, evaluate, print."""
    args = parse_args()
    truth, found = read_tube_annotations(args.gt), read_tube_results(args.pred)
    for warning in check_tube_results(truth, found, part=args.part, split=args.split):
        print(f"warning: {warning}", file=sys.stderr)
    result = compare_tubes(
        truth,
        found,
        part=args.part,
        split=args.split,
        protocol=args.protocol,
        thresholds=args.iou,
    )
    print(json.dumps(as_json(result)) if args.json else as_table(result))


if __name__ == "__main__":
    run_script(main)
