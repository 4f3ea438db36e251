"""Annotate a video with people, their ids and what they do.

python demo/detect_video.py input.mp4 --out annotated.mp4
"""

import sys
from pathlib import Path

# Runs from a checkout too, where stad may not be installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.annotate import main

if __name__ == "__main__":
    main()
