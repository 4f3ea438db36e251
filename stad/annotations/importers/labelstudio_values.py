"""Read the single values of a task of Label Studio: its video, its labels and its boxes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from stad.annotations.importers.contract import Notes
from stad.annotations.importers.matching import plain_path
from stad.utils.suffixes import VIDEO_SUFFIXES

LABEL_KEYS = ("labels", "timelinelabels", "videorectanglelabels", "rectanglelabels", "choices")
Values = Mapping[str, Any]


def video_name(task: Values) -> str:
    """Return the address of the video of a task; '' if there is none."""
    data = task.get("data") if isinstance(task.get("data"), dict) else task
    texts = [one for one in data.values() if isinstance(one, str)] if data else []
    return next((one for one in texts if _is_video(one)), "")


def _is_video(text: str) -> bool:
    return plain_path(text).lower().endswith(VIDEO_SUFFIXES)


def chosen_annotation(task: Values, place: str, notes: Notes) -> list[dict[str, Any]]:
    """Return the results of the annotation that counts: the ground truth, else the latest one."""
    annotations = [
        one
        for one in task.get("annotations", task.get("completions")) or []
        if isinstance(one, dict) and not one.get("was_cancelled") and one.get("result")
    ]
    if not annotations:
        return []
    annotations.sort(
        key=lambda one: (bool(one.get("ground_truth")), str(one.get("updated_at") or ""))
    )
    if len(annotations) > 1:
        notes.add(f"{place} has {len(annotations)} annotations: the latest one is used.")
    return [
        one
        for one in annotations[-1]["result"]
        if isinstance(one, dict) and isinstance(one.get("value"), dict)
    ]


def values_of_min(task: Values) -> Iterator[dict[str, Any]]:
    """Yield the regions of a task of JSON-MIN, as those of JSON."""
    for name, values in task.items():
        if isinstance(values, list):
            for one in values:
                if isinstance(one, dict):
                    yield {"from_name": name, "value": one}
        elif isinstance(values, dict) and isinstance(values.get("choices"), list):
            yield {"from_name": name, "value": values}


def labels_of(result: Values) -> list[tuple[str, str]]:
    """Return the (label, group) pairs of a region; the group is the control's name for choices."""
    value = result["value"]
    found = []
    for key in LABEL_KEYS:
        texts = value.get(key)
        group = str(result.get("from_name", "")) if key == "choices" else ""
        for text in [texts] if isinstance(texts, str) else texts or []:
            found.append((str(text), group))
    return found


def box_of(value: Values) -> tuple[float, float, float, float]:
    """Return x1, y1, x2, y2 of the upright box around a turned one, percent of the frame.

    Label Studio turns a box about its first corner.

    Raises:
        KeyError: a number is missing.
        ValueError: it is not a number, or the box has no area.
    """
    x, y, width, height = (float(value[key]) for key in ("x", "y", "width", "height"))
    if not all(map(math.isfinite, (x, y, width, height))) or width <= 0 or height <= 0:
        raise ValueError("expected x, y, width and height of a box with area")
    angle = math.radians(float(value.get("rotation") or 0))
    if not angle % (2 * math.pi):
        return x, y, x + width, y + height
    cos, sin = math.cos(angle), math.sin(angle)
    corners = ((0, 0), (width, 0), (width, height), (0, height))
    xs = [x + right * cos - down * sin for right, down in corners]
    ys = [y + right * sin + down * cos for right, down in corners]
    return min(xs), min(ys), max(xs), max(ys)
