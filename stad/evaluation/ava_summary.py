"""Format an AVA result as JSON and as a table of text."""

from __future__ import annotations

import math

from stad.evaluation.ava import AvaResult
from stad.utils.numbers import none_if_nan


def as_json(result: AvaResult) -> dict[str, float | dict[str, float | None] | None]:
    """Return ``{"mAP": 0.25, "per_class": {"walk": 0.7, "swim": None}}``; None if undefined."""
    per_class = zip(result.class_names, result.ap.tolist(), strict=True)
    return {
        "mAP": none_if_nan(result.mean_ap),
        "per_class": {name: none_if_nan(value) for name, value in per_class},
    }


def as_table(result: AvaResult) -> str:
    """Return a line per class, highest average precision first, then the mean and the notes."""
    rows = zip(
        result.class_names,
        result.ap.tolist(),
        result.num_ground_truth.tolist(),
        result.num_detections.tolist(),
        strict=True,
    )
    ordered = sorted(rows, key=lambda row: (math.isnan(row[1]), -row[1], row[0]))
    width = max(len("class"), *(len(name) for name in result.class_names))
    lines = [f"{'class':<{width}}  {'AP':>6}  {'ground truth':>12}  {'detections':>10}"]
    for name, value, truth, found in ordered:
        shown = "-" if math.isnan(value) else f"{value:.4f}"
        lines.append(f"{name:<{width}}  {shown:>6}  {truth:>12}  {found:>10}")
    number = int(sum(not math.isnan(row[1]) for row in ordered))
    mean = "-" if math.isnan(result.mean_ap) else f"{result.mean_ap:.4f}"
    lines.append(f"mAP at IoU 0.5, {result.protocol}, mean of {number} classes: {mean}")
    return "\n".join([*lines, *(f"note: {note}" for note in result.notes)])
