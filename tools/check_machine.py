"""Says, before anything is installed, what this machine lacks; needs no package at all."""

from __future__ import annotations

import importlib.util
import sys

NEEDED_PYTHON = (3, 11)


def find_problems() -> list[str]:
    """One sentence for each thing that is missing, with what to do about it."""
    if sys.version_info[:2] != NEEDED_PYTHON:
        found = ".".join(map(str, sys.version_info[:3]))
        return [
            f"stad's pinned packages need Python 3.11; {sys.executable} is Python {found}. "
            "Name another one: make PYTHON=/path/to/python3.11 ..."
        ]
    problems = []
    if importlib.util.find_spec("ensurepip") is None:
        problems.append("This Python has no ensurepip: on Debian, apt-get install python3.11-venv.")
    return problems


def main() -> int:
    """Print the problems on stderr; exit code 2 when there are any."""
    problems = find_problems()
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return 2 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
