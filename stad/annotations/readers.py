"""Read annotations of any known format, chosen by its name or by the ending of the file.

A format is a function that reads a file into an ``AvaTable``, and one line in ``FORMATS``.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Protocol

from stad.annotations.ava_csv import read_ava_csv
from stad.annotations.ava_table import AvaTable
from stad.errors import InputError


class AnnotationReader(Protocol):
    """Reads a file of annotated boxes."""

    def __call__(self, path: str | Path, *, allow_bad_numbers: bool = False) -> AvaTable:
        """Read a file.

        Args:
            path: of the file.
            allow_bad_numbers: accept numbers that are not finite, and times that no video has,
                in rows with a box; the caller then has to check them.

        Raises:
            InputError: the file cannot be read; the message locates what is wrong in it.
        """
        ...


class AnnotationFormat(NamedTuple):
    """A file format of annotations.

    Attributes:
        reader: reads a file of the format.
        suffixes: endings of its files, lower case.
    """

    reader: AnnotationReader
    suffixes: tuple[str, ...]


DEFAULT_FORMAT = "ava"
FORMATS = {
    "ava": AnnotationFormat(read_ava_csv, (".csv", ".csv.gz")),
}


def read_annotations(
    path: str | Path, *, format: str | None = None, allow_bad_numbers: bool = False
) -> AvaTable:
    """Read annotated boxes of any known format.

    Args:
        path: of the file.
        format: a name in ``FORMATS``; None chooses it by the ending of the file, and AVA's CSV
            for an unknown ending.
        allow_bad_numbers: accept numbers that are not finite, and times that no video has, in
            rows with a box; the caller then has to check them.

    Returns:
        One row for each box and action, as AVA's CSV has them.

    Raises:
        InputError: the format is unknown, or the file cannot be read as one.
    """
    reader = FORMATS[format_of(path) if format is None else _checked(format)].reader
    return reader(path, allow_bad_numbers=allow_bad_numbers)


def format_of(path: str | Path) -> str:
    """Return the name of a file's format, from its ending.

    >>> format_of("train.csv")
    'ava'
    """
    name = Path(path).name.lower()
    for one, known in FORMATS.items():
        if name.endswith(known.suffixes):
            return one
    return DEFAULT_FORMAT


def _checked(name: str) -> str:
    if name not in FORMATS:
        raise InputError(
            f"The annotation format {name!r} is unknown. Use one of {', '.join(FORMATS)}."
        )
    return name
