"""Prepare MultiSports; this is "stad prepare multisports".

python tools/prepare_multisports.py data/multisports
"""

import sys
from pathlib import Path

# Works from a checkout where stad is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.prepare import multisports_main
from stad.errors import run_script

if __name__ == "__main__":
    run_script(multisports_main)
