"""Prepare UCF101-24; this is "stad prepare ucf101_24".

python tools/prepare_ucf101_24.py data/ucf101_24
"""

import sys
from pathlib import Path

# Works from a checkout where stad is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.prepare import ucf101_24_main
from stad.errors import run_script

if __name__ == "__main__":
    run_script(ucf101_24_main)
