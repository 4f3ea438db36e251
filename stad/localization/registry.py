"""Open a localizer by the kind that its options file names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from stad.errors import InputError
from stad.localization.base import Localizer, LocalizerSetup
from stad.localization.hysteresis_localizer import HysteresisLocalizer
from stad.localization.options import DEFAULT_KIND, read_options_file, with_threshold


class LocalizerKind(Protocol):
    """A class of localizers that can be opened by name."""

    def open(self, setup: LocalizerSetup, /) -> Localizer:
        """Return a new localizer; InputError where its options cannot be used."""
        ...


# Kinds by the name that the "kind" of an options file may have.
LOCALIZERS: dict[str, LocalizerKind] = {DEFAULT_KIND: HysteresisLocalizer}


def open_localizer(
    path: str | Path | None,
    *,
    threshold: float,
    window_sec: float,
    stride_sec: float,
    class_names: Sequence[str],
    allowed: frozenset[int] | None = None,
    num_exclusive: int = 0,
    replaced_threshold: float | None = None,
) -> Localizer:
    """Open the localizer of a run.

    Args:
        path: options file, whose thresholds then apply; None for the defaults.
        threshold: score at which segments start without a file, in [0, 1].
        window_sec: length of the model's clips where the file does not say, seconds.
        stride_sec: usual time between keyframes, seconds.
        class_names: names of the model's classes.
        allowed: class indices to keep; None for all.
        num_exclusive: how many classes, the first ones, are postures that exclude each other.
        replaced_threshold: score at which segments start instead of all thresholds of the file;
            its times still apply. None keeps them.

    Raises:
        InputError: the file cannot be read, names an unknown kind, or does not fit the labels.
    """
    kind, values = (DEFAULT_KIND, None) if path is None else read_options_file(path)
    if kind not in LOCALIZERS:
        raise InputError(
            f"{path}: there is no localizer of the kind {kind!r}. Use one of "
            f"{', '.join(sorted(LOCALIZERS))}."
        )
    if values is not None and replaced_threshold is not None:
        values = with_threshold(values, replaced_threshold)
    setup = LocalizerSetup(
        values=values,
        threshold=threshold,
        window_sec=window_sec,
        stride_sec=stride_sec,
        class_names=class_names,
        allowed=allowed,
        num_exclusive=num_exclusive,
    )
    try:
        return LOCALIZERS[kind].open(setup)
    except InputError as error:
        raise InputError(f"{path}: {error}" if path else str(error)) from error
