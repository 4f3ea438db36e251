"""Watch a camera, a stream or a file in real time; this is "stad watch".

python demo/watch.py 0
"""

import sys
from pathlib import Path

# Works from a checkout where stad is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.watch.command import main

if __name__ == "__main__":
    main()
