"""Format texts for messages and tables."""

from __future__ import annotations

from collections.abc import Sequence

from stad.errors import InputError, one_line

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
    more = f" {and_more(len(names) - limit)}" if len(names) > limit else ""
    return between.join(names[:limit]) + more


def and_more(number: int) -> str:
    """Return the words for items that are not shown.

    >>> and_more(2)
    'and 2 more'
    """
    return f"and {number} more"


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, or the name of its class.

    That of an InputError is its sentences: a line end in them comes from a name.
    """
    if isinstance(error, InputError):
        return one_line(error.message)
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def last_line(error: Exception) -> str:
    """Return the last line of an error's message, or the name of its class."""
    return (str(error).strip() or type(error).__name__).splitlines()[-1].strip()
