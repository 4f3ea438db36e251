"""Evaluate a checkpoint or a published model; this is "stad test".

python tools/test.py CONFIG CHECKPOINT
python tools/test.py NAME
"""

import sys
from pathlib import Path

# Works from a checkout where stad is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.run import run_command
from stad.cli.test import checkpoint_main

if __name__ == "__main__":
    run_command(checkpoint_main)
