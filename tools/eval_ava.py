"""AVA frame-mAP of a file of detections against a file of ground truth.

    python tools/eval_ava.py --gt ava_val_v2.2.csv --pred detections.csv \\
        --excluded ava_val_excluded_timestamps_v2.2.csv --report out/

Several --pred are compared; --json then prints an object of them by name.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

# Runs from a checkout too, where stad may not be installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.arguments import ArgumentParser
from stad.errors import run_script
from stad.evaluation.ava import PROTOCOLS, TIE_ORDERS
from stad.evaluation.ava_summary import as_json, as_table
from stad.evaluation.compare_ava import compare_ava_files
from stad.report.page import name_results, write_report


def parse_args() -> argparse.Namespace:
    parser = ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gt", required=True, help="ground truth, AVA CSV (also .gz)")
    parser.add_argument(
        "--pred", action="append", required=True, help="detections; may be repeated"
    )
    parser.add_argument(
        "--labelmap", help="classes to evaluate, .pbtxt or .txt; default: the 60 that AVA evaluates"
    )
    parser.add_argument("--excluded", help="CSV of keyframes to leave out: video id, timestamp")
    parser.add_argument(
        "--protocol",
        choices=list(PROTOCOLS),
        default="official",
        help="whose evaluation to follow; the figures differ (default: official)",
    )
    parser.add_argument(
        "--tie-order",
        choices=TIE_ORDERS,
        default="stable",
        help="order of equal scores: the same everywhere, or as numpy sorts on this CPU",
    )
    parser.add_argument("--json", action="store_true", help="print only mAP and per_class, as JSON")
    parser.add_argument("--report", metavar="DIR", help="write report.html and report.json there")
    parser.add_argument("--videos", metavar="DIR", help="video files by id, for its pictures")
    parser.add_argument(
        "--videos-start", type=float, default=0.0, help="timestamp they begin at (0)"
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    options = {
        "label_map": args.labelmap,
        "excluded": args.excluded,
        "protocol": args.protocol,
        "tie_order": args.tie_order,
    }
    results = name_results([compare_ava_files(args.gt, pred, **options) for pred in args.pred])
    for warning in dict.fromkeys(text for _, one in results for text in one.warnings):
        print(f"warning: {warning}", file=sys.stderr)
    if args.json:
        shown = {name: as_json(one.result) for name, one in results}
        print(json.dumps(shown if len(shown) > 1 else shown[results[0].name]))
    else:
        tables = [(name, as_table(one.result)) for name, one in results]
        print("\n\n".join("\n".join(pair[len(tables) == 1 :]) for pair in tables))
    if args.report:
        write_report(args.report, results, videos=args.videos, video_start_sec=args.videos_start)


if __name__ == "__main__":
    run_script(main)
