"""Format a result of segments or tubes as JSON and as a table of text."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from stad.evaluation.items import DetectionAPResult
from stad.utils.numbers import none_if_nan


def as_json(result: DetectionAPResult) -> dict[str, Any]:
    """Return the figures by name; undefined ones are None.

    The form is ``{"average_mAP": 0.3, "mAP": {"0.50": 0.4, ...}, "per_class": {"walk": {"0.50":
    ...}}}``.
    """
    keys = [f"{value:.2f}" for value in result.thresholds]
    columns = zip(result.class_names, result.ap.T.tolist(), strict=True)
    return {
        "protocol": result.protocol,
        "average_mAP": none_if_nan(result.average),
        "mAP": dict(zip(keys, map(none_if_nan, result.mean_ap.tolist()), strict=True)),
        "per_class": {
            name: dict(zip(keys, map(none_if_nan, column), strict=True)) for name, column in columns
        },
    }


def as_table(result: DetectionAPResult) -> str:
    """Return a line per class, highest mean first, then the mAP of each overlap and the notes."""
    means = result.ap[result.averaged].mean(axis=0)
    order = sorted(
        range(len(means)), key=lambda i: (math.isnan(means[i]), -means[i], result.class_names[i])
    )
    width = max(len("class"), *(len(name) for name in result.class_names), 0)
    heads = " ".join(f"{value:>6.2f}" for value in result.thresholds)
    lines = [f"{'class':<{width}}  {heads}    mean  ground truth  detections"]
    for index in order:
        lines.append(
            f"{result.class_names[index]:<{width}}  {_row(result.ap[:, index])}  "
            f"{_shown(means[index])}  {result.num_ground_truth[index]:>12}  "
            f"{result.num_detections[index]:>10}"
        )
    lines.append(f"{'mAP':<{width}}  {_row(result.mean_ap)}  {_shown(result.average)}")
    averaged = result.thresholds[result.averaged]
    lines.append(
        f"{result.protocol}: the mean is over {len(averaged)} overlaps, "
        f"{averaged[0]:.2f} to {averaged[-1]:.2f}"
    )
    return "\n".join([*lines, *(f"note: {note}" for note in result.notes)])


def _row(values: Iterable[float]) -> str:
    return " ".join(_shown(value) for value in values)


def _shown(value: float) -> str:
    return f"{'-' if math.isnan(value) else f'{value:.4f}':>6}"
