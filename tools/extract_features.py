"""Write records of the features of your own videos; this is "stad features".

python tools/extract_features.py data/mine --out records
"""

import sys
from pathlib import Path

# Works from a checkout where stad is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.features import features_main
from stad.cli.run import run_command

if __name__ == "__main__":
    run_command(features_main)
