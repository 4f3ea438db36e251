"""Cells of AVA's CSV files: what each column holds, and messages about what does not fit."""

from __future__ import annotations

import math

from stad.errors import InputError

COLUMNS = ("video id", "timestamp", "x1", "y1", "x2", "y2", "action id", "score or person id")
# Keyframes are compared to 6 decimals; a video's share of an int64 key is 2**42 microseconds.
TIME_DECIMALS = 6
MICROSECONDS_PER_VIDEO = 1 << 42
MAX_SEC = MICROSECONDS_PER_VIDEO // 10**TIME_DECIMALS


def separator_hint(cells: list[str]) -> str:
    """Say what to do about a file whose columns are separated by something else than commas."""
    for mark, name in ((";", "semicolons"), ("\t", "tabs")):
        if any(mark in cell for cell in cells):
            return f" Its columns are separated by {name}: save it with commas."
    return ""


def read_cell(where: str, column: int, text: str, allow_bad_numbers: bool) -> str | float | int:
    """Return the value of a cell.

    Args:
        where: file and line, for messages.
        column: its number, from 0.
        text: what is written in it.
        allow_bad_numbers: let a time or a coordinate be any number that can be written.

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
        value = kind(text)
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
    """Raise InputError where a first line names columns."""
    if where.endswith(", line 1") and name == COLUMNS[1] and text.strip().isidentifier():
        raise InputError(
            f"{where}, column {name!r}: expected a number, got {text!r}. It looks like a header: "
            "take the line out."
        )
