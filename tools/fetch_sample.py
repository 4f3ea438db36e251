"""Download the demo's sample video and print its path, the only line on stdout.

It is kept in the cache folder: STAD_HOME, or ~/.cache/stad.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.arguments import parse
from stad.errors import run_script
from stad.zoo.sample import fetch_sample


@dataclass(frozen=True)
class Options:
    """No options."""


def main() -> None:
    """Fetch and print."""
    parse(Options, description=__doc__)
    print(fetch_sample())


if __name__ == "__main__":
    run_script(main)
