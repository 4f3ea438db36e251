"""AVA frame-mAP of a file of detections against a file of ground truth.

    python tools/eval_ava.py --gt ava_val_v2.2.csv --pred detections.csv \\
        --excluded ava_val_excluded_timestamps_v2.2.csv
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

# Runs from a checkout too, where stad may not be installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.datasets.ava_files import compare_ava_files
from stad.errors import run_script
from stad.evaluation.ava import PROTOCOLS, TIE_ORDERS
from stad.evaluation.ava_summary import as_json, as_table


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gt", required=True, help="ground truth, AVA CSV (also .gz)")
    parser.add_argument("--pred", required=True, help="detections with scores, AVA CSV (also .gz)")
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
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    compared = compare_ava_files(
        args.gt,
        args.pred,
        label_map=args.labelmap,
        excluded=args.excluded,
        protocol=args.protocol,
        tie_order=args.tie_order,
    )
    show = as_table if not args.json else lambda result: json.dumps(as_json(result))
    print(show(compared.result))


if __name__ == "__main__":
    run_script(main)
