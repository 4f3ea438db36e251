"""Compute AVA frame-mAP; this is "stad evaluate ava".

python tools/eval_ava.py --gt ava_val_v2.2.csv --pred detections.csv --report out/
"""

import sys
from pathlib import Path

# Works from a checkout where stad is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.evaluate import ava_main
from stad.errors import run_script

if __name__ == "__main__":
    run_script(ava_main)
