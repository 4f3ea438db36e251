"""Compute segment-mAP as ActivityNet or THUMOS 2014 do; this is "stad evaluate segments".

python tools/eval_segments.py --gt activity_net.v1-3.min.json --pred detections.json
"""

import sys
from pathlib import Path

# Works from a checkout where stad is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.evaluate import segments_main
from stad.errors import run_script

if __name__ == "__main__":
    run_script(segments_main)
