"""Watch a camera, a stream or a file in real time, and tell who begins and ends to do what.

python demo/watch.py 0
"""

import sys
from pathlib import Path

# Runs from a checkout too, where stad may not be installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.watch.command import main

if __name__ == "__main__":
    main()
