"""Tag whole videos, a folder at once; this is "stad tag".

python demo/tag_videos.py videos --model records --out tags.html
"""

import sys
from pathlib import Path

# Works from a checkout where stad is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.run import run_command
from stad.cli.tag import tag_main

if __name__ == "__main__":
    run_command(tag_main)
