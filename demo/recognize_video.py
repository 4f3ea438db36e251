"""Say what a video shows as a whole: the most likely classes with a bar each.

python demo/recognize_video.py input.mp4
"""

import sys
from pathlib import Path

# Runs from a checkout too, where stad may not be installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.recognize import recognize_main
from stad.cli.run import run_command

if __name__ == "__main__":
    run_command(recognize_main)
