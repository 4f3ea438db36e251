"""Write the Markdown tables of the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def markdown_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, texts: Sequence[int] = (0,)
) -> str:
    """Return a table: a header and its rows, one per line.

    Args:
        columns: their names.
        rows: one cell for each column.
        texts: indices of the columns of text; the others hold numbers and are aligned right.

    >>> print(markdown_table(("model", "clips"), [("a", "2")]), end="")
    | model | clips |
    | --- | ---: |
    | a | 2 |
    """
    rule = ["---" if place in texts else "---:" for place in range(len(columns))]
    return "".join(f"| {' | '.join(row)} |\n" for row in (columns, rule, *rows))
