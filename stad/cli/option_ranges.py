"""Check the numbers of a command line against the ranges that Python calls have, too."""

from __future__ import annotations

from stad.cli.help_text import option_rows
from stad.inference.options import check_ranges


def check_numbers(options: object) -> None:
    """Raise InputError, with the name of the option, for a number out of its range.

    Args:
        options: dataclass of a command's options; see ``stad.inference.options.RANGES``.
    """
    check_ranges(options, names={row.field: row.name for row in option_rows(type(options))})
