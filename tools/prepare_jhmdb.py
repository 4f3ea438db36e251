"""Prepare JHMDB-21; this is "stad prepare jhmdb".

python tools/prepare_jhmdb.py data/jhmdb
"""

import sys
from pathlib import Path

# Works from a checkout where stad is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.prepare import jhmdb_main
from stad.errors import run_script

if __name__ == "__main__":
    run_script(jhmdb_main)
