"""The trackers of the trackers library by name, with their parameters as text options."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trackers import BaseIoU
from trackers.core.base import BaseTracker, ParameterInfo
from trackers.utils.state_representations import BaseStateEstimator

from stad.errors import InputError

# Of the library's trackers the one that mixes up the fewest people on a street camera at 5
# detections per second; with fewer detections they hardly differ.
DEFAULT_TRACKER = "bytetrack"
# A person who is not found for this long keeps the id. On that camera 2 s join the tracks that
# missed detections break, and longer memories begin to join different people.
MEMORY_SEC = 2.0
# Where stad's detections, some a second and not thirty, need another value than the library's.
OWN_DEFAULTS: dict[str, dict[str, Any]] = {"bytetrack": {"minimum_iou_threshold": 0.15}}
# lost_track_buffer counts frames of a video with so many a second, whatever the real rate is.
BUFFER_FRAMES_PER_SEC = 30
# Parameters that other options of a run set, unless they are given themselves.
SET_BY = {
    "frame_rate": "(from --detect-every)",
    "lost_track_buffer": "(from --track-memory)",
    "track_activation_threshold": "(from --person-threshold)",
    "high_conf_det_threshold": "(from --person-threshold)",
}
# The library's trackers get boxes and times here, not frames: whatever looks at frames is off.
FRAME_SWITCHES = ("enable_cmc", "enable_mask_manager", "enable_isolated_mask_matching")
FRAME_WORDS = ("cmc", "mask")
TRUE_WORDS, FALSE_WORDS = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


@dataclass(frozen=True)
class TrackerChoice:
    """How people get their ids.

    Attributes:
        name: of a tracker of the trackers library.
        options: its parameters, as ``parse_tracker_options`` gives them.
        memory_sec: how long somebody who is hidden keeps the id, seconds.
    """

    name: str = DEFAULT_TRACKER
    options: Mapping[str, Any] = field(default_factory=dict)
    memory_sec: float = MEMORY_SEC

    def describe(self, *, gives_ids: bool) -> str:
        """Return what a run says of it; ``gives_ids``: the boxes come with ids already."""
        if gives_ids:
            return "not used, the boxes have ids"
        return f"{self.name}, a hidden person keeps the id for {self.memory_sec:g} s"


def choose_tracker(
    name: str | None, pairs: Sequence[str], *, memory_sec: float | None
) -> TrackerChoice:
    """Return what the options of a run ask for, checked.

    Args:
        name: --tracker; None for the default.
        pairs: --tracker-options, KEY=VALUE texts.
        memory_sec: --track-memory, seconds; None for the default.

    Raises:
        InputError: see ``parse_tracker_options``, or the memory is given twice.
    """
    name = DEFAULT_TRACKER if name is None else name
    options = parse_tracker_options(name, pairs)
    buffer_frames = options.get("lost_track_buffer")
    if buffer_frames is not None:
        if memory_sec is not None:
            raise InputError(
                "--track-memory and the tracker's lost_track_buffer say the same thing, in "
                "seconds and in thirtieths of a second. Give one of them"
            )
        memory_sec = buffer_frames / BUFFER_FRAMES_PER_SEC
    return TrackerChoice(name, options, MEMORY_SEC if memory_sec is None else memory_sec)


def tracker_names() -> tuple[str, ...]:
    """Return the names of the trackers, sorted."""
    return tuple(BaseTracker._registered_trackers())


def parse_tracker_options(name: str, pairs: Sequence[str]) -> dict[str, Any]:
    """Return the parameters of a tracker from texts such as 'minimum_iou_threshold=0.2'.

    Args:
        name: of the tracker.
        pairs: KEY=VALUE texts; of one key the last one holds.

    Raises:
        InputError: no such tracker or parameter, a value of another type or out of its range, or
            a parameter that needs frames.
    """
    parameters = _parameters(name)
    options = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        key = key.strip()
        if not equals or not key:
            raise InputError(
                f"--tracker-options takes KEY=VALUE pairs, got {pair!r}: write, for example, "
                "minimum_consecutive_frames=3"
            )
        if key not in parameters:
            raise InputError(
                f"--tracker-options: the tracker {name} has no parameter {key!r}. "
                f"It has {', '.join(_usable(parameters))}"
            )
        options[key] = _checked(name, key, _value(key, text.strip(), parameters[key]))
    build_tracker(name, options, rate=5.0, memory_sec=1.0, start_score=0.5)
    return options


def build_tracker(
    name: str,
    options: Mapping[str, Any],
    *,
    rate: float,
    memory_sec: float,
    start_score: float,
) -> BaseTracker:
    """Return a tracker at its beginning.

    Args:
        name: of the tracker.
        options: parameters as ``parse_tracker_options`` gives them; they replace those below.
        rate: usual number of detections per second.
        memory_sec: how long somebody who is not found keeps the id, seconds.
        start_score: boxes from this score on begin a track, in [0, 1].

    Raises:
        InputError: no such tracker, or values that the tracker refuses.
    """
    chosen = {
        "frame_rate": rate,
        "lost_track_buffer": math.ceil(memory_sec * BUFFER_FRAMES_PER_SEC),
        "track_activation_threshold": start_score,
        "high_conf_det_threshold": start_score,
        **dict.fromkeys(FRAME_SWITCHES, False),
        **OWN_DEFAULTS.get(name, {}),
    }
    known = _parameters(name)
    chosen = {key: value for key, value in chosen.items() if key in known}
    try:
        return BaseTracker._lookup_tracker(name).tracker_class(**{**chosen, **options})
    except ValueError as error:
        raise InputError(f"--tracker {name} cannot be used with these options: {error}") from error


def trackers_table() -> str:
    """Return all trackers with their parameters and defaults as text, a parameter a line."""
    lines = []
    for name in tracker_names():
        parameters, own = _parameters(name), OWN_DEFAULTS.get(name, {})
        lines.append(f"{name} (default)" if name == DEFAULT_TRACKER else name)
        for key in _usable(parameters):
            value = SET_BY.get(key) or _word(own.get(key, parameters[key].default_value))
            lines.append(f"    {key:<40}{value}")
    return "\n".join(lines)


def _parameters(name: str) -> dict[str, ParameterInfo]:
    info = BaseTracker._lookup_tracker(name)
    if info is None:
        raise InputError(
            f"--tracker: there is no tracker {name!r}. There are {', '.join(tracker_names())}"
        )
    # The library's own items() leaves out the measures of overlap.
    return {key: info.parameters[key] for key in info.parameters}


def _usable(parameters: Mapping[str, ParameterInfo]) -> list[str]:
    return sorted(key for key in parameters if not _needs_frames(key))


def _needs_frames(key: str) -> bool:
    return any(word in key.split("_") for word in FRAME_WORDS)


def _value(key: str, text: str, parameter: ParameterInfo) -> Any:
    """Return the value of a parameter, read by its type."""
    kind = parameter.param_type
    if kind is bool:
        if text.lower() in (*TRUE_WORDS, *FALSE_WORDS):
            return text.lower() in TRUE_WORDS
        raise InputError(f"--tracker-options: {key} must be true or false, got {text!r}")
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
        raise InputError(f"--tracker-options: {key} must be {word}, got {text!r}") from error


def _is_kind_of(base: type, parameter: ParameterInfo) -> bool:
    return any(
        isinstance(one, type) and issubclass(one, base)
        for one in (parameter.param_type, parameter.default_value)
    )


def _named(key: str, text: str, base: type) -> type:
    """Return the subclass with a name such as 'giou' or 'xyxy'."""
    known = {_word(one): one for one in _subclasses(base)}
    if text.lower() not in known:
        raise InputError(
            f"--tracker-options: {key} must be one of {', '.join(sorted(known))}, got {text!r}"
        )
    return known[text.lower()]


def _subclasses(base: type) -> Iterator[type]:
    for one in base.__subclasses__():
        yield one
        yield from _subclasses(one)


def _word(value: Any) -> str:
    if isinstance(value, type):
        return value.__name__.removesuffix("StateEstimator").lower()
    return "iou" if value is None else str(value).lower()


def _checked(name: str, key: str, value: Any) -> Any:
    """Return the value if the tracker can work with it."""
    if _needs_frames(key):
        if value is False:
            return value
        raise InputError(
            f"--tracker-options: {key} needs the frames of the video, and the trackers get boxes "
            f"and times only. Leave it out; {name} works without"
        )
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    low, high = _range(key)
    if not low <= value <= high or math.isinf(value):
        upper = "" if math.isinf(high) else f" and {high:g} at most"
        raise InputError(f"--tracker-options: {key} must be {low:g} at least{upper}, got {value:g}")
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
