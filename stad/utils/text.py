"""Format texts for messages and tables."""

from __future__ import annotations

from collections.abc import Sequence

SHOWN_NAMES = 3


def shown(names: Sequence[str], *, limit: int = SHOWN_NAMES, between: str = ", ") -> str:
    """Join the first names and say how many more there are.

    Args:
        names: any number of them.
        limit: maximum number of names that are shown.
        between: separator of the names.

    >>> shown(["a", "b", "c", "d"])
    'a, b, c and 1 more'
    """
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return between.join(names[:limit]) + more
