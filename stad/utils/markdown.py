"""Tables of Markdown, as pages of the docs have them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def markdown_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, texts: Sequence[int] = (0,)
) -> str:
    """A header and its rows, a line each.

    Args:
        columns: names.
        rows: cells, as many as there are columns.
        texts: places of the columns that hold words; the others hold numbers, on the right.

    >>> print(markdown_table(("model", "clips"), [("a", "2")]), end="")
    | model | clips |
    | --- | ---: |
    | a | 2 |
    """
    rule = ["---" if place in texts else "---:" for place in range(len(columns))]
    return "".join(f"| {' | '.join(row)} |\n" for row in (columns, rule, *rows))
