"""Fetches the demo's sample video and prints its path, the only line on stdout."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.arguments import ArgumentParser
from stad.errors import run_script
from stad.zoo.sample import fetch_sample


def parse_args() -> argparse.Namespace:
    """No options: the place is the cache folder, STAD_HOME or ~/.cache/stad."""
    return ArgumentParser(description=__doc__).parse_args()


def main() -> None:
    """Fetch and print."""
    parse_args()
    print(fetch_sample())


if __name__ == "__main__":
    run_script(main)
