"""Check the shards of YouTube-8M; this is "stad prepare youtube8m".

python tools/prepare_youtube8m.py data/youtube8m
"""

import sys
from pathlib import Path

# Works from a checkout where stad is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.prepare import youtube8m_main
from stad.errors import run_script

if __name__ == "__main__":
    run_script(youtube8m_main)
