"""The localizer's parameters (how scores over time become segments), and their JSON file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from stad.errors import InputError
from stad.utils.files import read_json, write_whole

FORMAT, VERSION = "stad-localizer", 1
DEFAULT_KIND = "hysteresis"
# Without an end threshold, an action ends below this fraction of its start threshold.
END_RATIO = 0.75
# Options that earlier versions wrote and that never changed a result.
IGNORED = frozenset({"nms_sigma"})


@dataclass(frozen=True)
class LabelOptions:
    """The options that differ for one label; None takes the value of all labels."""

    start_threshold: float | None = None
    end_threshold: float | None = None
    min_length_sec: float | None = None
    join_gap_sec: float | None = None


class LabelValues(NamedTuple):
    """The values that apply to one label; see ``LocalizerOptions``."""

    start_threshold: float
    end_threshold: float
    min_length_sec: float
    join_gap_sec: float


@dataclass(frozen=True)
class LocalizerOptions:
    """Thresholds and times of ``HysteresisLocalizer``, the same for whole videos and streams.

    Attributes:
        start_threshold: a segment starts where the curve rises to it, in [0, 1].
        end_threshold: a segment ends where the curve falls below it, at most ``start_threshold``;
            None for three quarters of that.
        min_length_sec: shorter segments are dropped, seconds.
        join_gap_sec: the longest pause, below the threshold or without any score, that is
            bridged, seconds.
        window_sec: length of the windows that were scored, seconds. A score counts for its whole
            window, with the highest weight at the centre; None or 0: for the centre alone.
        lookahead_sec: the maximum delay of a decision, seconds; it limits the averaging first,
            then the joining. None sets no limit.
        labels: options that differ for single labels, by name.

    Raises:
        InputError: a number is out of its range.
    """

    start_threshold: float = 0.5
    end_threshold: float | None = None
    min_length_sec: float = 0.25
    join_gap_sec: float = 1.0
    window_sec: float | None = None
    lookahead_sec: float | None = None
    labels: Mapping[str, LabelOptions] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("", *self.labels):
            one = self.of_label(name)
            low, high = one.end_threshold, one.start_threshold
            if not 0 <= low <= high <= 1:
                raise InputError(
                    "The localizer's thresholds must be 0 <= end_threshold <= start_threshold "
                    f"<= 1, got {low:g} and {high:g}{f' for {name}' if name else ''}."
                )
            _check_sec("min_length_sec", one.min_length_sec)
            _check_sec("join_gap_sec", one.join_gap_sec)
        _check_sec("window_sec", self.window_sec or 0.0)
        _check_sec("lookahead_sec", self.lookahead_sec or 0.0)

    def of_label(self, name: str) -> LabelValues:
        """Return the values that apply to a label."""
        own = self.labels.get(name, LabelOptions())
        start = self.start_threshold if own.start_threshold is None else own.start_threshold
        end = self.end_threshold if own.end_threshold is None else own.end_threshold
        # The common end threshold does not fit a label with its own start threshold.
        if end is None or (own.end_threshold is None and own.start_threshold is not None):
            ratio = END_RATIO
            if self.end_threshold is not None and self.start_threshold:
                ratio = self.end_threshold / self.start_threshold
            end = ratio * start
        return LabelValues(
            start_threshold=start,
            end_threshold=end,
            min_length_sec=(
                self.min_length_sec if own.min_length_sec is None else own.min_length_sec
            ),
            join_gap_sec=self.join_gap_sec if own.join_gap_sec is None else own.join_gap_sec,
        )

    def back_sec(self) -> float:
        """Return half the length of a window, seconds."""
        return (self.window_sec or 0.0) / 2

    def ahead_sec(self) -> float:
        """Return how long the averaging waits for later windows, seconds."""
        limit = math.inf if self.lookahead_sec is None else self.lookahead_sec
        return min(self.back_sec(), limit)

    @classmethod
    def from_file(cls, path: str | Path) -> LocalizerOptions:
        """Read options from JSON, as ``to_file`` writes it.

        Raises:
            InputError: there is no such file, it is not JSON, names another kind of localizer, or
                has an unknown name or a number out of range.
        """
        kind, values = read_options_file(path)
        if kind != DEFAULT_KIND:
            raise InputError(
                f"{path}: expected options of the localizer {DEFAULT_KIND!r}, "
                f"got those of {kind!r}."
            )
        try:
            return cls.from_dict(values)
        except InputError as error:
            raise InputError(f"{path}: {error}") from error

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> LocalizerOptions:
        """Build options from JSON values, without format, version and kind.

        Raises:
            InputError: a name is unknown, or a value has another type or is out of range.
        """
        labels = values.get("labels", {})
        if not isinstance(labels, Mapping):
            raise InputError(f"Expected an object of labels, got {labels!r}.")
        numbers = {k: v for k, v in values.items() if k != "labels" and k not in IGNORED}
        own = {name: _build(LabelOptions, one) for name, one in labels.items()}
        return _build(cls, numbers, labels=own)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values, as ``to_file`` writes them."""
        own = {
            name: {key: value for key, value in asdict(one).items() if value is not None}
            for name, one in self.labels.items()
        }
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "labels"}
        return {"format": FORMAT, "version": VERSION, **values, "labels": own}

    def to_file(self, path: str | Path) -> None:
        """Write JSON that ``from_file`` reads; whole or not at all."""
        write_whole(path, json.dumps(self.to_dict(), indent=2) + "\n")


class ClassOptions(NamedTuple):
    """The options as (C,) arrays over classes; see ``LocalizerOptions``, seconds."""

    start_threshold: np.ndarray
    end_threshold: np.ndarray
    min_length_sec: np.ndarray
    join_gap_sec: np.ndarray


def class_options(options: LocalizerOptions, names: Sequence[str]) -> ClassOptions:
    """Return the options of C classes by name, with the joining limited by the look-ahead."""
    rows = [options.of_label(name) for name in names]
    columns = [np.array([getattr(row, key) for row in rows], float) for key in ClassOptions._fields]
    chosen = ClassOptions(*columns)
    if options.lookahead_sec is None:
        return chosen
    limit_sec = max(options.lookahead_sec - options.ahead_sec(), 0.0)
    return chosen._replace(join_gap_sec=np.minimum(chosen.join_gap_sec, limit_sec))


def read_options_file(path: str | Path) -> tuple[str, dict[str, Any]]:
    """Read the options of any kind of localizer.

    Returns:
        The kind ('hysteresis' where the file names none), and the options by name.

    Raises:
        InputError: there is no such file, it is not JSON, or has another format.
    """
    content = read_json(path)
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected a JSON object, got a {type(content).__name__}.")
    if content.pop("format", None) != FORMAT or content.pop("version", None) != VERSION:
        raise InputError(
            f"{path}: expected the localizer's options, a JSON object with "
            f'"format": "{FORMAT}" and "version": {VERSION}.'
        )
    return str(content.pop("kind", DEFAULT_KIND)), content


def with_threshold(values: Mapping[str, Any], threshold: float) -> dict[str, Any]:
    """Return the values of an options file with one threshold for all labels.

    >>> with_threshold({"join_gap_sec": 2, "labels": {"a": {"start_threshold": 0.2}}}, 0.4)
    {'join_gap_sec': 2, 'labels': {'a': {}}, 'start_threshold': 0.4}
    """
    names = ("start_threshold", "end_threshold")
    found = {key: one for key, one in values.items() if key not in names}
    if isinstance(labels := found.get("labels"), Mapping):
        found["labels"] = {
            name: {key: one for key, one in own.items() if key not in names}
            if isinstance(own, Mapping)
            else own
            for name, own in labels.items()
        }
    return {**found, "start_threshold": threshold}


def _check_sec(name: str, value: float) -> None:
    if not 0 <= value < math.inf:
        raise InputError(f"The localizer's {name} must be 0 seconds or more, got {value:g}.")


_Options = TypeVar("_Options", LabelOptions, LocalizerOptions)


def _build(kind: type[_Options], values: Any, **others: Any) -> _Options:
    """Build a dataclass from JSON numbers by name; ``others`` are passed on as they are."""
    if not isinstance(values, Mapping):
        raise InputError(f"Expected an object with options, got {values!r}.")
    known = {f.name: f.default for f in fields(kind)}
    for name, value in values.items():
        if name not in known:
            raise InputError(
                f"The localizer has no option {name!r}. Use one of {', '.join(known)}."
            )
        if value is None and known[name] is None:
            continue
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise InputError(f"Expected a number for {name}, got {value!r}.")
    return kind(**values, **others)
