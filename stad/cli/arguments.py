"""Command lines that take any file name."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

OPTION = re.compile(r"--?[A-Za-z][A-Za-z0-9-]*(=.*)?", re.DOTALL)
FILE_SUFFIX = re.compile(r"\.(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{1,8}$")


class ArgumentParser(argparse.ArgumentParser):
    """``argparse``'s, except that file names may begin with a dash."""

    def parse_known_args(self, args: Sequence[str] | None = None, namespace=None):
        """Parse as ``argparse`` does; names of files become ``./-name``."""
        arguments = sys.argv[1:] if args is None else args
        return super().parse_known_args([as_path(one) for one in arguments], namespace)


def as_path(argument: str) -> str:
    """Return an argument as ``argparse`` takes it for a value, if it is the name of a file.

    >>> as_path("-clip.mp4"), as_path("--out"), as_path("-0.5"), as_path("--out=-clip.mp4")
    ('./-clip.mp4', '--out', '-0.5', '--out=-clip.mp4')
    """
    if not argument.startswith("-") or OPTION.fullmatch(argument):
        return argument
    is_file = FILE_SUFFIX.search(argument) or Path(argument).exists()
    return f"./{argument}" if is_file else argument
