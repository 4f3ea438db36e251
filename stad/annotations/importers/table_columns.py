"""Find the columns of a CSV file with a header, whatever they are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from stad.annotations.csv_rows import read_rows
from stad.annotations.own.class_folders import plain_name
from stad.errors import InputError

# What a column holds -> the names that it may have, without regard to case, '_' and units.
COLUMNS = {
    "video": ("video", "file", "filename", "file name", "clip", "path", "video id", "name",
              "video name", "video path", "file path", "video file"),
    "label": ("label", "class", "action", "activity", "category", "tag", "event", "label name"),
    "labels": ("classes", "labels", "actions", "activities", "annotation", "annotations"),
    "start": ("start", "start sec", "start time", "begin", "from", "t start", "onset", "t1"),
    "end": ("end", "end sec", "end time", "stop", "to", "t end", "offset", "finish", "t2"),
    "source": ("source", "group", "camera", "recording", "session", "subject"),
    "person": ("person", "person id", "actor", "actor id", "track", "track id"),
}  # fmt: skip
UNITS = ("(seconds)", "(sec)", "(s)", "[s]", "(sec.)")


class NamedRow(NamedTuple):
    """A row by the names of ``COLUMNS``, with the file and line for messages."""

    place: str
    cells: dict[str, str]
    is_long: bool = False


def named_columns(header: Sequence[str]) -> dict[str, int]:
    """Return the place of each column that is recognized.

    >>> named_columns(["File Name", "Length (seconds)", " Classes"])
    {'video': 0, 'labels': 2}
    """
    plain = [plain_name(_without_unit(one)) for one in header]
    found: dict[str, int] = {}
    for column, names in COLUMNS.items():
        for name in names:
            if name in plain:
                found[column] = plain.index(name)
                break
    return dict(sorted(found.items(), key=lambda item: item[1]))


def read_header(path: Path) -> list[str]:
    """Return the first row of a CSV file; [] where it is not a CSV file with text."""
    try:
        return next((cells for _, cells in read_rows(path)), [])
    except InputError:
        return []


def read_named(path: Path, columns: Mapping[str, int]) -> Iterator[NamedRow]:
    """Yield the rows below the header.

    A row with more cells than the header has an unquoted comma in a text: its last columns are
    counted from the end.

    Raises:
        InputError: the file cannot be read.
    """
    width = 0
    for line, cells in read_rows(path):
        if not width:
            width = len(cells)
            continue
        extra = len(cells) - width
        named = {}
        for column, place in columns.items():
            is_last = extra > 0 and place == width - 1
            at = len(cells) - 1 if is_last else place
            named[column] = cells[at].strip() if at < len(cells) else ""
        yield NamedRow(f"{path}:{line}", named, extra > 0)


def _without_unit(name: str) -> str:
    low = name.strip().lower()
    return next((low.removesuffix(unit).strip() for unit in UNITS if low.endswith(unit)), low)
