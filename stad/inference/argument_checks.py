"""Check the types of what Python callers give, with one clear error for each argument."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real
from pathlib import Path
from typing import Any, get_args

from stad.actors.detectors.base import PersonDetector
from stad.errors import InputError
from stad.inference.options import (
    RANGES,
    InferenceOptions,
    PrecisionName,
    RuntimeName,
    check_ranges,
)
from stad.utils.ranges import check_positive_int

DEVICE_TYPE = ("torch", "device")
DETECTOR_PARTS = ("name", "interval_sec", "gives_ids", "person_threshold", "detect")


def read_options(**given: Any) -> InferenceOptions:
    """Return the options that a Python caller gives, with names and paths as the flow takes them.

    Args:
        given: fields of ``InferenceOptions``; the rest has its defaults.

    Raises:
        InputError: one of them is of another type or out of its range.
    """
    for name, read in READERS.items():
        if name in given:
            given[name] = read(name, given[name])
    options = InferenceOptions(**given)
    check_options(options)
    return options


def check_options(options: object) -> None:
    """Raise InputError for a value of another type or out of its range.

    Args:
        options: one of the classes of ``stad.inference.options``.
    """
    for name, check in RANGES.items():
        value = getattr(options, name, None)
        check_number(name, value, is_whole=check is check_positive_int)
    check_ranges(options)
    for name, kind in (("precision", PrecisionName), ("runtime", RuntimeName)):
        value = getattr(options, name, "auto")
        if value not in (known := get_args(kind)):
            choices = f"{', '.join(map(repr, known[:-1]))} or {known[-1]!r}"
            raise InputError(f"{name!r} must be {choices}, got {_shown(value)}.")
    for name in ("tracker", "views"):
        value = getattr(options, name, None)
        if value is not None and not isinstance(value, str):
            raise InputError(f"{name!r} must be a text, got {_shown(value)}.")


def check_number(name: str, value: object, *, is_whole: bool = False) -> None:
    """Raise InputError unless a value is a number, or None.

    Args:
        name: of the argument.
        value: of the user.
        is_whole: whether it must be a whole number.
    """
    if value is not None and not isinstance(value, Integral if is_whole else Real):
        kind = "a whole number" if is_whole else "a number"
        raise InputError(f"{name!r} must be {kind}, got {_shown(value)}.")


def as_text(name: str, given: Any) -> str:
    """Return a name or a path as text.

    Raises:
        InputError: it is something else.
    """
    if not isinstance(given, (str, Path)):
        raise InputError(f"{name!r} must be a name or a path, got {_shown(given)}.")
    return str(given)


def as_optional_text(name: str, given: Any) -> str | None:
    """Return a name or a path as text, or None; see ``as_text``."""
    return None if given is None else as_text(name, given)


def as_optional_path(name: str, given: Any) -> Path | None:
    """Return a path, or None; see ``as_text``."""
    return None if given is None else Path(as_text(name, given))


def as_device(name: str, given: Any) -> str:
    """Return the name of a device, also of a ``torch.device``.

    Raises:
        InputError: it is something else.
    """
    # By name, because importing torch takes seconds.
    if isinstance(given, str) or (type(given).__module__, type(given).__name__) == DEVICE_TYPE:
        return str(given)
    raise InputError(f"{name!r} must be a text or a torch.device, got {_shown(given)}.")


def as_texts(name: str, given: Any) -> tuple[str, ...]:
    """Return one text or several as a tuple.

    Raises:
        InputError: they are something else.
    """
    texts = (given,) if isinstance(given, str) else given
    if isinstance(texts, Iterable):
        texts = tuple(texts)
        if all(isinstance(text, str) for text in texts):
            return texts
    raise InputError(f"{name!r} must be a sequence of texts, got {_shown(given)}.")


def check_detector(given: Any) -> PersonDetector:
    """Return a person detector of the caller.

    Raises:
        InputError: it lacks a part of ``PersonDetector``.
    """
    missing = [part for part in DETECTOR_PARTS if not hasattr(given, part)]
    if missing:
        raise InputError(
            "'detector' must be a name, a path, or an object with the parts of PersonDetector, "
            f"got {_shown(given)} without {', '.join(missing)}."
        )
    return given


def check_kind(name: str, given: object, kinds: tuple[type, ...], expected: str) -> None:
    """Raise InputError unless a value is of one of the kinds.

    Args:
        name: of the argument.
        given: of the user.
        kinds: that are accepted.
        expected: what they are, for the message.
    """
    if not isinstance(given, kinds):
        raise InputError(f"{name!r} must be {expected}, got {_shown(given)}.")


def _shown(value: object) -> str:
    """Return a value for a message; a long one, such as an array, by its type."""
    text = repr(value)
    return (
        text
        if len(text) <= 40 and "\n" not in text
        else f"an object of type {type(value).__name__}"
    )


# In the order of the arguments, so that the first wrong one is named.
READERS = {
    "model": as_optional_text,
    "weights": as_optional_text,
    "detector": as_optional_text,
    "detector_weights": as_text,
    "tracker_options": as_texts,
    "localizer": as_optional_path,
    "labels": as_texts,
    "device": as_device,
}
