"""Read the tables of a folder of postures: CSV files with a header, checked line by line."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from stad.annotations.ava_cells import separator_hint
from stad.annotations.csv_rows import read_rows
from stad.errors import InputError


class TableRow(NamedTuple):
    """A row: its file and line, for messages, and its cells by column."""

    place: str
    cells: dict[str, str]

    def text(self, column: str) -> str:
        """Return a cell that is not empty."""
        value = self.cells[column].strip()
        if not value:
            raise InputError(f"{self.place}: the column {column!r} is empty. Fill it in.")
        return value

    def number(self, column: str, *, low: float = 0.0, high: float = math.inf) -> float:
        """Return a cell as a number from ``low`` to ``high``."""
        text = self.text(column)
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and low <= value <= high):
            limits = f"from {low:g} to {high:g}" if high < math.inf else f"of at least {low:g}"
            raise InputError(
                f"{self.place}, column {column!r}: expected a number {limits}, got {text!r}."
            )
        return value


def read_table(path: Path, *headers: tuple[str, ...]) -> Iterator[TableRow]:
    """Yield the rows of a CSV file below its header.

    Args:
        path: CSV in UTF-8 with commas.
        headers: the headers that it may have.

    Raises:
        InputError: the header is another one, or a row has not as many columns.
    """
    columns: list[str] | None = None
    for line, cells in read_rows(path):
        place = f"{path}, line {line}"
        cells = [cell.strip() for cell in cells]
        if columns is None:
            columns = cells
            if tuple(columns) not in headers:
                expected = " or ".join(repr(",".join(header)) for header in headers)
                raise InputError(
                    f"{place}: expected the header {expected}, got {','.join(cells)[:80]!r}."
                    f"{separator_hint(cells)}"
                )
            continue
        if len(cells) != len(columns):
            raise InputError(
                f"{place}: expected {len(columns)} columns ({', '.join(columns)}), got "
                f"{len(cells)}: {','.join(cells)[:80]!r}."
            )
        yield TableRow(place, dict(zip(columns, cells, strict=True)))
    if columns is None:
        raise InputError(f"{path} is empty. Its first line is {','.join(headers[0])!r}.")
