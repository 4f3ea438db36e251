"""Fetch the posture data set; this is "stad prepare poses".

python tools/prepare_poses.py data/poses
"""

import sys
from pathlib import Path

# Works from a checkout where stad is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.prepare import poses_main
from stad.errors import run_script

if __name__ == "__main__":
    run_script(poses_main)
