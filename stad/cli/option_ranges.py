"""Check the ranges of numbers of the command line, with one clear error for each."""

from __future__ import annotations

from stad.errors import InputError


def check_probabilities(**values: float | None) -> None:
    """Raise InputError unless these are between 0 and 1, or None.

    The names are those of the options, with '_' for '-'.
    """
    for name, value in values.items():
        if value is not None and not 0 <= value <= 1:
            raise InputError(f"{_flag(name)} must be between 0 and 1, got {value:g}.")


def check_positive_seconds(**seconds: float | None) -> None:
    """Raise InputError unless these are times above 0; see ``check_probabilities``."""
    for name, value in seconds.items():
        if value is not None and not 0 < value < float("inf"):
            raise InputError(f"{_flag(name)} must be a number of seconds above 0, got {value:g}.")


def check_positive_ints(**counts: int | None) -> None:
    """Raise InputError unless these are 1 or more; see ``check_probabilities``."""
    for name, value in counts.items():
        if value is not None and value < 1:
            raise InputError(f"{_flag(name)} must be 1 or more, got {value}.")


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
