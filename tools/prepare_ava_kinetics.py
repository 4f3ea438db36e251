"""Prepare AVA-Kinetics; this is "stad prepare ava_kinetics".

python tools/prepare_ava_kinetics.py data/ava_kinetics --kinetics DIR
"""

import sys
from pathlib import Path

# Works from a checkout where stad is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.prepare import ava_kinetics_main
from stad.errors import run_script

if __name__ == "__main__":
    run_script(ava_kinetics_main)
