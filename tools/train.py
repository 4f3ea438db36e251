"""Train a model; this is "stad train".

python tools/train.py configs/slowfast_ava.py
torchrun --nproc_per_node 8 tools/train.py CONFIG --launcher pytorch
"""

import sys
from pathlib import Path

# Works from a checkout where stad is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.run import run_command
from stad.cli.train import train_main

if __name__ == "__main__":
    run_command(train_main)
