"""Format tables of figures for the terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich import box
from rich.table import Table

from stad.utils.markdown import markdown_table

# Tables with more columns have no room to spare on a terminal of 80.
NARROW = 10


class FigureTable(NamedTuple):
    """A table as texts.

    Attributes:
        title: shown above.
        columns: their names.
        rows: a text for each column.
        texts: indices of the columns that do not hold numbers.
    """

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    texts: tuple[int, ...] = (0,)


def as_rich(table: FigureTable) -> Table:
    """Return a table for the terminal."""
    shown = Table(
        title=table.title,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, int(len(table.columns) <= NARROW), 0, 0),
    )
    for number, column in enumerate(table.columns):
        shown.add_column(column, justify="left" if number in table.texts else "right")
    for row in table.rows:
        shown.add_row(*row)
    return shown


def as_markdown(tables: Sequence[FigureTable]) -> str:
    """Return all tables as Markdown."""
    return "\n".join(
        markdown_table(table.columns, table.rows, texts=table.texts) for table in tables
    )
