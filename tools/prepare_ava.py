"""Download AVA; this is "stad prepare ava".

python tools/prepare_ava.py data/ava
"""

import sys
from pathlib import Path

# Works from a checkout where stad is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.prepare import ava_main
from stad.errors import run_script

if __name__ == "__main__":
    run_script(ava_main)
