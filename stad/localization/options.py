"""How scores over time become segments: the localizer's parameters, and their file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from stad.errors import InputError
from stad.utils.files import write_whole

FORMAT, VERSION = "stad-localizer", 1
# Where none is given, an action ends below this part of the score that it starts at.
END_PART = 0.75


@dataclass(frozen=True)
class LabelOptions:
    """What differs for one label; None where it has no value of its own."""

    start_threshold: float | None = None
    end_threshold: float | None = None
    min_length_sec: float | None = None
    join_gap_sec: float | None = None


@dataclass(frozen=True)
class LocalizerOptions:
    """Thresholds and times, the same for the whole video and for a stream.

    Attributes:
        start_threshold: a segment starts where the curve comes up to it, in [0, 1].
        end_threshold: it ends where the curve falls below it, at most ``start_threshold``; None
            for three quarters of that.
        min_length_sec: shorter segments are dropped, seconds.
        join_gap_sec: the longest pause, below the threshold or without any score, that is
            bridged, seconds.
        window_sec: length of the windows that were scored: each score speaks for all of its
            window, most for its centre; None or 0 where it stands for its centre alone.
        lookahead_sec: how much later a moment may be decided on, seconds; what the averaging and
            the joining want beyond that is cut off. None gives them all that they want.
        nms_sigma: width of the Gaussian of soft-NMS, used where several scales are merged.
        labels: what differs for labels, by name.

    Raises:
        InputError: a number out of its range.
    """

    start_threshold: float = 0.5
    end_threshold: float | None = None
    min_length_sec: float = 0.25
    join_gap_sec: float = 1.0
    window_sec: float | None = None
    lookahead_sec: float | None = None
    nms_sigma: float = 0.5
    labels: Mapping[str, LabelOptions] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("", *self.labels):
            one = self.of_label(name)
            low, high = one.end_threshold, one.start_threshold
            if not 0 <= low <= high <= 1:
                raise InputError(
                    "the localizer's thresholds must be 0 <= end_threshold <= start_threshold "
                    f"<= 1, got {low:g} and {high:g}{f' for {name}' if name else ''}"
                )
            _check_sec("min_length_sec", one.min_length_sec)
            _check_sec("join_gap_sec", one.join_gap_sec)
        _check_sec("window_sec", self.window_sec or 0.0)
        _check_sec("lookahead_sec", self.lookahead_sec or 0.0)
        if not 0 < self.nms_sigma < math.inf:
            raise InputError(f"the localizer's nms_sigma must be above 0, got {self.nms_sigma:g}")

    def of_label(self, name: str) -> LabelOptions:
        """All that holds for one label, with no None left."""
        own = self.labels.get(name, LabelOptions())
        chosen = {
            key: getattr(self, key) if value is None else value
            for key, value in asdict(own).items()
        }
        if chosen["end_threshold"] is None or (
            # A start of its own would make no sense with the end of all.
            own.end_threshold is None and own.start_threshold is not None
        ):
            part = END_PART
            if self.end_threshold is not None and self.start_threshold:
                part = self.end_threshold / self.start_threshold
            chosen["end_threshold"] = part * chosen["start_threshold"]
        return LabelOptions(**chosen)

    def back_sec(self) -> float:
        """How far from its centre a window reaches, seconds."""
        return (self.window_sec or 0.0) / 2

    def ahead_sec(self) -> float:
        """How long the averaging waits for later windows, seconds."""
        limit = math.inf if self.lookahead_sec is None else self.lookahead_sec
        return min(self.back_sec(), limit)

    @classmethod
    def from_file(cls, path: str | Path) -> LocalizerOptions:
        """Read what ``to_file`` wrote or a person did.

        Raises:
            InputError: no such file, not JSON, an unknown name or a number out of range.
        """
        content = _read_json(Path(path))
        if content.pop("format", None) != FORMAT or content.pop("version", None) != VERSION:
            raise InputError(
                f"{path}: expected the localizer's options, a JSON object with "
                f'"format": "{FORMAT}" and "version": {VERSION}'
            )
        labels = content.pop("labels", {})
        try:
            own = {name: _build(LabelOptions, one) for name, one in labels.items()}
            return _build(cls, content | {"labels": own})
        except (TypeError, ValueError, AttributeError, InputError) as error:
            raise InputError(f"{path}: {error}") from error

    def to_dict(self) -> dict[str, Any]:
        """As JSON knows it."""
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
    """The options as arrays over C classes; see ``LocalizerOptions``, seconds."""

    start_threshold: np.ndarray
    end_threshold: np.ndarray
    min_length_sec: np.ndarray
    join_gap_sec: np.ndarray


def class_options(options: LocalizerOptions, names: Sequence[str]) -> ClassOptions:
    """The options of C classes by name; the joining is cut to what the look-ahead leaves."""
    rows = [options.of_label(name) for name in names]
    columns = [np.array([getattr(row, key) for row in rows], float) for key in ClassOptions._fields]
    chosen = ClassOptions(*columns)
    if options.lookahead_sec is None:
        return chosen
    left_sec = max(options.lookahead_sec - options.ahead_sec(), 0.0)
    return chosen._replace(join_gap_sec=np.minimum(chosen.join_gap_sec, left_sec))


def _check_sec(name: str, value: float) -> None:
    if not 0 <= value < math.inf:
        raise InputError(f"the localizer's {name} must be 0 seconds or more, got {value:g}")


def _read_json(path: Path) -> dict:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise InputError(f"{path} is not JSON ({error})") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected a JSON object, got a {type(content).__name__}")
    return content


def _build(kind: type, values: dict):
    """An instance of a dataclass of numbers; unknown names and other types are errors."""
    known = [f.name for f in fields(kind)]
    for name, value in values.items():
        if name not in known:
            raise ValueError(f"the localizer has no option {name!r}; it has {', '.join(known)}")
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if value is not None and not is_number and name != "labels":
            raise ValueError(f"expected a number for {name}, got {value!r}")
    return kind(**values)
