"""Check that numbers are in their ranges, with one clear error for each."""

from __future__ import annotations

from stad.errors import InputError


def check_probability(name: str, value: float | None) -> None:
    """Raise InputError unless a number is between 0 and 1, or None.

    Args:
        name: of the option or argument, for the message.
        value: of the user.
    """
    if value is not None and not 0 <= value <= 1:
        raise InputError(f"{name} must be between 0 and 1, got {value:g}.")


def check_positive_seconds(name: str, value: float | None) -> None:
    """Raise InputError unless a time is above 0 seconds, or None; see ``check_probability``."""
    if value is not None and not 0 < value < float("inf"):
        raise InputError(f"{name} must be a number of seconds above 0, got {value:g}.")


def check_positive_int(name: str, value: float | None) -> None:
    """Raise InputError unless a count is 1 or more, or None; see ``check_probability``."""
    if value is not None and value < 1:
        raise InputError(f"{name} must be 1 or more, got {value}.")
