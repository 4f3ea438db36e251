"""Print the lines that say what a command does."""

from __future__ import annotations

import sys
from collections.abc import Callable

from stad.errors import one_line


def line_log(*, quiet: bool) -> Callable[[str], None]:
    """Return what prints a line to stderr, or drops it."""
    return _drop if quiet else print_line


def print_line(text: str) -> None:
    """Print a line to stderr; line ends in it come from names, and are shown as escapes."""
    print(one_line(text), file=sys.stderr)


def _drop(text: str) -> None:
    """Drop a line."""
