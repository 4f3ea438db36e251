"""Build a tracker by its name: those of the trackers library, and any in ``MODULES``.

A tracker of the library needs nothing here. Another one is a module with a subclass of
``trackers.core.base.BaseTracker`` that has a ``tracker_id``, and one line in ``MODULES``.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterable, Mapping
from typing import Any

import trackers  # noqa: F401 - registers its trackers
from trackers.core.base import BaseTracker, ParameterInfo

from stad.errors import InputError

# Modules with trackers that the library does not have; importing one registers its tracker.
MODULES: list[str] = []
# The tracker of the library that mixes up the fewest people on a street camera at 5 detections
# per second; with fewer detections they hardly differ.
DEFAULT_TRACKER = "bytetrack"
# Defaults that differ from the library's, for some detections per second instead of thirty.
OWN_DEFAULTS: dict[str, dict[str, Any]] = {"bytetrack": {"minimum_iou_threshold": 0.15}}
# lost_track_buffer counts frames at this rate, whatever the real rate is.
BUFFER_FRAMES_PER_SEC = 30
# Parameters that other options of a run set, unless they are given themselves.
SET_BY = {
    "frame_rate": "(from --detect-every)",
    "lost_track_buffer": "(from --track-memory)",
    "track_activation_threshold": "(from --person-threshold)",
    "high_conf_det_threshold": "(from --person-threshold)",
}
# Trackers get boxes and times here, not frames: everything that needs frames is off.
FRAME_SWITCHES = ("enable_cmc", "enable_mask_manager", "enable_isolated_mask_matching")
FRAME_WORDS = ("cmc", "mask")


def tracker_names() -> tuple[str, ...]:
    """Return the names of the trackers, sorted."""
    _register_own()
    return tuple(BaseTracker._registered_trackers())


def tracker_parameters(name: str) -> dict[str, ParameterInfo]:
    """Return the parameters of a tracker by name.

    Raises:
        InputError: there is no such tracker.
    """
    parameters = _find(name)[1]
    # The library's own items() leaves out the measures of overlap.
    return {key: parameters[key] for key in parameters}


def usable_parameters(parameters: Iterable[str]) -> list[str]:
    """Return the names of the parameters that work without frames, sorted."""
    return sorted(key for key in parameters if not needs_frames(key))


def needs_frames(key: str) -> bool:
    """Return whether a parameter has an effect only where the tracker gets frames."""
    return any(word in key.split("_") for word in FRAME_WORDS)


def build_tracker(
    name: str,
    options: Mapping[str, Any],
    *,
    rate: float,
    memory_sec: float,
    start_score: float,
) -> BaseTracker:
    """Build a new tracker.

    Args:
        name: name of the tracker.
        options: parameters as ``parse_tracker_options`` returns them; they replace those below.
        rate: usual number of detections per second.
        memory_sec: how long a person who is not found keeps the id, seconds.
        start_score: minimum score of a box that starts a track, in [0, 1].

    Raises:
        InputError: there is no such tracker, or it refuses the values.
    """
    chosen = {
        "frame_rate": rate,
        "lost_track_buffer": math.ceil(memory_sec * BUFFER_FRAMES_PER_SEC),
        "track_activation_threshold": start_score,
        "high_conf_det_threshold": start_score,
        **dict.fromkeys(FRAME_SWITCHES, False),
        **OWN_DEFAULTS.get(name, {}),
    }
    tracker_class, known = _find(name)
    chosen = {key: value for key, value in chosen.items() if key in known}
    try:
        return tracker_class(**{**chosen, **options})
    except ValueError as error:
        raise InputError(f"--tracker {name} cannot be used with these options: {error}") from error


def trackers_table() -> str:
    """Return all trackers with their parameters and defaults as text, one parameter a line."""
    lines = []
    for name in tracker_names():
        parameters, own = tracker_parameters(name), OWN_DEFAULTS.get(name, {})
        lines.append(f"{name} (default)" if name == DEFAULT_TRACKER else name)
        for key in usable_parameters(parameters):
            value = SET_BY.get(key) or value_name(own.get(key, parameters[key].default_value))
            lines.append(f"    {key:<40}{value}")
    return "\n".join(lines)


def value_name(value: Any) -> str:
    """Return the text for the value of a parameter, in tables and options."""
    if isinstance(value, type):
        return value.__name__.removesuffix("StateEstimator").lower()
    return "iou" if value is None else str(value).lower()


def _find(name: str) -> tuple[type[BaseTracker], dict[str, ParameterInfo]]:
    _register_own()
    info = BaseTracker._lookup_tracker(name)
    if info is None:
        raise InputError(
            f"--tracker: there is no tracker {name!r}. Use one of {', '.join(tracker_names())}."
        )
    return info.tracker_class, info.parameters


def _register_own() -> None:
    for module in MODULES:
        importlib.import_module(module)
