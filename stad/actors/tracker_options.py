"""Choose a tracker and read its parameters from text options."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trackers import BaseIoU
from trackers.core.base import ParameterInfo
from trackers.utils.state_representations import BaseStateEstimator

from stad.actors.trackers import (
    BUFFER_FRAMES_PER_SEC,
    DEFAULT_TRACKER,
    build_tracker,
    needs_frames,
    tracker_parameters,
    usable_parameters,
    value_name,
)
from stad.errors import InputError

if TYPE_CHECKING:
    from stad.actors.tracker import ActorTracker, FollowCounts

# How long a person who is not found keeps the id. On a street camera 2 s join the tracks that
# missed detections break; longer times begin to join different people.
MEMORY_SEC = 2.0
TRUE_WORDS, FALSE_WORDS = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


@dataclass(frozen=True)
class TrackerChoice:
    """The tracker of a run and its options.

    Attributes:
        name: name of the tracker.
        options: its parameters, as ``parse_tracker_options`` returns them.
        memory_sec: how long a hidden person keeps the id, seconds.
    """

    name: str = DEFAULT_TRACKER
    options: Mapping[str, Any] = field(default_factory=dict)
    memory_sec: float = MEMORY_SEC

    def describe(self, *, gives_ids: bool) -> str:
        """Return a description for users; ``gives_ids``: the boxes already have ids."""
        if gives_ids:
            return "not used, the boxes have ids"
        return f"{self.name}, a hidden person keeps the id for {self.memory_sec:g} s"

    def open(
        self, *, rate: float, start_score: float, counts: FollowCounts | None = None
    ) -> ActorTracker:
        """Return a tracker for one stream.

        Args:
            rate: usual number of detections per second.
            start_score: minimum score of a person, in [0, 1].
            counts: detections that were followed are added to it.
        """
        from stad.actors.tracker import ActorTracker

        return ActorTracker(
            rate=rate,
            max_gap_sec=self.memory_sec,
            start_score=start_score,
            name=self.name,
            options=self.options,
            counts=counts,
        )


def choose_tracker(
    name: str | None, pairs: Sequence[str], *, memory_sec: float | None
) -> TrackerChoice:
    """Check the options of a run and return the tracker that they ask for.

    Args:
        name: --tracker; None for the default.
        pairs: --tracker-options, KEY=VALUE texts.
        memory_sec: --track-memory, seconds; None for the default.

    Raises:
        InputError: as ``parse_tracker_options``, or the memory is given twice.
    """
    name = DEFAULT_TRACKER if name is None else name
    options = parse_tracker_options(name, pairs)
    buffer_frames = options.get("lost_track_buffer")
    if buffer_frames is not None:
        if memory_sec is not None:
            raise InputError(
                "--track-memory and the tracker's lost_track_buffer set the same time, in seconds "
                "and in thirtieths of a second. Give only one of them."
            )
        memory_sec = buffer_frames / BUFFER_FRAMES_PER_SEC
    return TrackerChoice(name, options, MEMORY_SEC if memory_sec is None else memory_sec)


def parse_tracker_options(name: str, pairs: Sequence[str]) -> dict[str, Any]:
    """Return the parameters of a tracker from texts such as 'minimum_iou_threshold=0.2'.

    Args:
        name: name of the tracker.
        pairs: KEY=VALUE texts; the last one of a key counts.

    Raises:
        InputError: there is no such tracker or parameter, a value has another type or is out of
            its range, or a parameter needs frames.
    """
    parameters = tracker_parameters(name)
    options = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        key = key.strip()
        if not equals or not key:
            raise InputError(
                f"--tracker-options takes KEY=VALUE pairs, got {pair!r}. Write, for example, "
                "minimum_consecutive_frames=3."
            )
        if key not in parameters:
            raise InputError(
                f"--tracker-options: the tracker {name} has no parameter {key!r}. "
                f"It has {', '.join(usable_parameters(parameters))}."
            )
        options[key] = _checked(name, key, _value(key, text.strip(), parameters[key]))
    build_tracker(name, options, rate=5.0, memory_sec=1.0, start_score=0.5)
    return options


def _value(key: str, text: str, parameter: ParameterInfo) -> Any:
    """Read the value of a parameter by its type."""
    kind = parameter.param_type
    if kind is bool:
        if text.lower() in (*TRUE_WORDS, *FALSE_WORDS):
            return text.lower() in TRUE_WORDS
        raise InputError(f"--tracker-options: {key} must be true or false, got {text!r}.")
    for base in (BaseIoU, BaseStateEstimator):
        if _is_kind_of(base, parameter):
            found = _named(key, text, base)
            return found() if base is BaseIoU else found
    if kind not in (int, float):
        return text
    try:
        return kind(text)
    except ValueError as error:
        word = "a whole number" if kind is int else "a number"
        raise InputError(f"--tracker-options: {key} must be {word}, got {text!r}.") from error


def _is_kind_of(base: type, parameter: ParameterInfo) -> bool:
    return any(
        isinstance(one, type) and issubclass(one, base)
        for one in (parameter.param_type, parameter.default_value)
    )


def _named(key: str, text: str, base: type) -> type:
    """Return the subclass of a name such as 'giou' or 'xyxy'."""
    known = {value_name(one): one for one in _subclasses(base)}
    if text.lower() not in known:
        raise InputError(
            f"--tracker-options: {key} must be one of {', '.join(sorted(known))}, got {text!r}."
        )
    return known[text.lower()]


def _subclasses(base: type) -> Iterator[type]:
    for one in base.__subclasses__():
        yield one
        yield from _subclasses(one)


def _checked(name: str, key: str, value: Any) -> Any:
    """Return the value, or raise InputError if the tracker cannot use it."""
    if needs_frames(key):
        if value is False:
            return value
        raise InputError(
            f"--tracker-options: {key} needs the frames of the video, but trackers only get boxes "
            f"and times. Leave it out; {name} works without it."
        )
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    low, high = _range(key)
    if not low <= value <= high or math.isinf(value):
        upper = "" if math.isinf(high) else f" and at most {high:g}"
        raise InputError(
            f"--tracker-options: {key} must be at least {low:g}{upper}, got {value:g}."
        )
    return value


def _range(key: str) -> tuple[float, float]:
    """Return the smallest and largest value of a numeric parameter, by its name."""
    if "threshold" in key:
        return 0.0, 1.0
    if key in ("minimum_consecutive_frames", "delta_t"):
        return 1, math.inf
    if key == "frame_rate":
        return 1e-3, math.inf
    return 0, math.inf
