"""Read the rows of a CSV file, plain or gzipped, with their line numbers."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from stad.errors import InputError
from stad.utils.limits import check_text_size

# Cells end at 131,072 characters, the limit of Python's reader.
MAX_LINE_CHARS = 10_000_000
CRLF = "\r\n"


def read_rows(path: str | Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the line number, from 1, and the cells of each row that is not blank.

    Args:
        path: CSV in UTF-8 with commas, plain or ending in .gz.

    Raises:
        InputError: the file cannot be read, is not UTF-8 text, or is not CSV.
    """
    with _opened(str(path)) as file:
        reader = csv.reader(_lines(path, file))
        for cells in reader:
            # Spreadsheets write empty rows as commas alone.
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    r"""Return rows as the text of a CSV file.

    >>> csv_text([["a", 1], ["b,c", 2]])
    'a,1\n"b,c",2\n'
    """
    lines = []
    for row in rows:
        text = io.StringIO()
        # Cells with the characters of the line end are put in quotation marks: '\r' is one, too.
        csv.writer(text, lineterminator=CRLF).writerow(row)
        lines.append(text.getvalue().removesuffix(CRLF) + "\n")
    return "".join(lines)


def _lines(path: str | Path, file: IO[str]) -> Iterator[str]:
    """Yield lines of bounded length and number, however well the file was compressed."""
    size = 0
    while line := file.readline(MAX_LINE_CHARS):
        size += len(line)
        if len(line) == MAX_LINE_CHARS:
            raise InputError(
                f"{path} has a line of more than {MAX_LINE_CHARS} characters. It has to be a CSV "
                "file, with a row on each line."
            )
        check_text_size(path, size)
        yield line


@contextmanager
def _opened(path: str) -> Iterator[IO[str]]:
    opener = gzip.open if path.endswith(".gz") else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            # The mode "rt" makes it a text file, which the type of gzip.open does not say.
            yield cast("IO[str]", file)
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text: {error}. Save it as UTF-8.") from error
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise InputError(f"{path} cannot be read: {error}.") from error
