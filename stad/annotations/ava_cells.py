"""Read the cells of AVA's CSV files, and say what is wrong with one."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from stad.errors import InputError

COLUMNS = ("video id", "timestamp", "x1", "y1", "x2", "y2", "action id", "score or person id")
# Numbers of columns that a row may have.
WIDTHS = (2, 7, 8)
# Keyframes are compared to 6 decimals. An int64 key has 2**42 microseconds for each video.
TIME_DECIMALS = 6
MICROSECONDS_PER_VIDEO = 1 << 42
# The end of a whole number with decimals.
WHOLE = re.compile(r"\.0*\s*$")
MAX_SEC = MICROSECONDS_PER_VIDEO // 10**TIME_DECIMALS


def without_empty_columns(cells: list[str]) -> list[str]:
    """Return the first two columns where the others are empty, as AVA-Kinetics may write them.

    >>> without_empty_columns(["abc", "2.5", "", "", "", "", ""])
    ['abc', '2.5']
    """
    return cells if any(cell.strip() for cell in cells[2:]) else cells[:2]


def separator_hint(cells: Iterable[str]) -> str:
    """Return what to do about columns that are not separated by commas, or an empty text."""
    for mark, name in ((";", "semicolons"), ("\t", "tabs")):
        if any(mark in cell for cell in cells):
            return f" Its columns are separated by {name}: save it with commas."
    return ""


def read_cell(where: str, column: int, text: str, allow_bad_numbers: bool) -> str | float | int:
    """Return the value of a cell.

    Args:
        where: file and line, for messages.
        column: its number, from 0.
        text: its content.
        allow_bad_numbers: accept any number as a time or a coordinate.

    Raises:
        InputError: it is not what its column should hold.
    """
    name = COLUMNS[column]
    if column == 0:
        if not text:
            raise InputError(f"{where}, column {name!r}: expected a video id, got nothing.")
        return text
    kind, what = (int, "a whole number") if name == "action id" else (float, "a number")
    try:
        # AVA-Kinetics writes whole numbers as '12.0'.
        value = kind(WHOLE.sub("", text)) if kind is int else kind(text)
    except ValueError:
        _refuse_header(where, name, text)
        raise InputError(f"{where}, column {name!r}: expected {what}, got {text!r}.") from None
    if allow_bad_numbers and column < len(COLUMNS) - 2:
        return value
    if not math.isfinite(value) or (kind is int and abs(value) >= 1 << 31):
        raise InputError(f"{where}, column {name!r}: expected {what}, got {text!r}.")
    if name == "timestamp" and not 0 <= value < MAX_SEC:
        raise InputError(
            f"{where}, column {name!r}: expected seconds from 0 to {MAX_SEC}, got {text!r}."
        )
    return value


def _refuse_header(where: str, name: str, text: str) -> None:
    """Raise InputError if the first line names the columns."""
    if where.endswith(", line 1") and name == COLUMNS[1] and text.strip().isidentifier():
        raise InputError(
            f"{where}, column {name!r}: expected a number, got {text!r}. This line looks like a "
            "header: delete it."
        )
