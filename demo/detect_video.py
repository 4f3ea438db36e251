"""Annotate a video with people, their ids and what they do; this is "stad annotate".

python demo/detect_video.py input.mp4 --out annotated.mp4
"""

import sys
from pathlib import Path

# Works from a checkout where stad is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.annotate import main

if __name__ == "__main__":
    main()
