"""Write the lists that recognizers train on; this is "stad prepare kinetics".

python tools/prepare_kinetics.py data/mine --class-folders train val
"""

import sys
from pathlib import Path

# Works from a checkout where stad is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.prepare import kinetics_main
from stad.errors import run_script

if __name__ == "__main__":
    run_script(kinetics_main)
