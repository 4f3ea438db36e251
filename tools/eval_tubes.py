"""Compute tube-mAP on UCF101-24, JHMDB or MultiSports; this is "stad evaluate tubes".

python tools/eval_tubes.py --gt UCF101v2-GT.pkl --pred tubes.json
"""

import sys
from pathlib import Path

# Works from a checkout where stad is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.evaluate import tubes_main
from stad.errors import run_script

if __name__ == "__main__":
    run_script(tubes_main)
