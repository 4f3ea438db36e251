"""Fit thresholds and times of segments to annotated videos; this is "stad tune".

python tools/tune_localizer.py curves --gt validation.json --out localizer.json
"""

import sys
from pathlib import Path

# Works from a checkout where stad is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.tune import tune_main
from stad.errors import run_script

if __name__ == "__main__":
    run_script(tune_main)
