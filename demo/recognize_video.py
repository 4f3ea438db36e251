"""Name what a video shows as a whole; this is "stad recognize".

python demo/recognize_video.py input.mp4
"""

import sys
from pathlib import Path

# Works from a checkout where stad is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.recognize import recognize_main
from stad.cli.run import run_command

if __name__ == "__main__":
    run_command(recognize_main)
