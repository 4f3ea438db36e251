"""Compute the figures of a report on AVA evaluations, as values for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stad.annotations.label_maps import class_names
from stad.errors import InputError
from stad.evaluation.ava import AvaResult
from stad.evaluation.ava_match import IOU_THRESHOLD
from stad.evaluation.compare_ava import AvaComparison
from stad.outputs.palette import PALETTE, hex_color
from stad.report.curves import MAX_POINTS, best_f1, downsample
from stad.report.heights import HEIGHT_EDGES, HeightBins, has_fractions
from stad.report.mistakes import find_mistakes, mistakes_per_class
from stad.utils.numbers import none_if_nan

FORMAT, VERSION = "stad-evaluation-report", 1
# Places in the palette with a contrast of 3 or more on the light and dark page.
COLOR_PLACES = (14, 4, 5, 13, 1, 9, 7)
# AVA's label types: name, first and last id (ava_action_list_v2.2.pbtxt, 'label_type').
AVA_GROUPS = (
    ("person movement", "PERSON_MOVEMENT", 1, 14),
    ("object manipulation", "OBJECT_MANIPULATION", 15, 63),
    ("person interaction", "PERSON_INTERACTION", 64, 80),
)


class NamedResult(NamedTuple):
    """An evaluation and its name on the page."""

    name: str
    compared: AvaComparison


def name_results(compared: Sequence[AvaComparison]) -> list[NamedResult]:
    """Name evaluations after their files of detections, by the end of the path that differs.

    Results of the same file get numbers.
    """
    paths = [Path(one.detections.path or "detections") for one in compared]
    names = [_plain_name(path.name) for path in paths]
    depth = 1
    while len(set(names)) < len(names) and depth < max(len(path.parts) for path in paths):
        depth += 1
        names = ["/".join((*p.parts[-depth:-1], _plain_name(p.name))) for p in paths]
    if len(set(names)) < len(names):
        names = [f"{name} ({number})" for number, name in enumerate(names, start=1)]
    return [NamedResult(*pair) for pair in zip(names, compared, strict=True)]


def _plain_name(file: str) -> str:
    return file.removesuffix(".gz").removesuffix(".csv") or file


def report_data(results: Sequence[NamedResult]) -> dict:
    """Compute all figures of the report; NaN becomes None.

    Args:
        results: evaluations of the same classes against the same ground truth.

    Raises:
        InputError: there are no results, a name is used twice, or the ground truth, the classes
            or the protocols differ.
    """
    _check(results)
    first = results[0].compared
    result = first.result
    groups, group_of = _groups(result)
    is_relative = has_fractions(first)
    heights = [HeightBins(one.compared) for one in results] if is_relative else []
    return {
        "format": FORMAT,
        "version": VERSION,
        "protocol": result.protocol,
        "iou_threshold": IOU_THRESHOLD,
        "ground_truth": Path(first.ground_truth.path).name,
        "boxes_are_relative": is_relative,
        "height_edges": list(HEIGHT_EDGES) if is_relative else [],
        "height_ground_truth": heights[0].count.sum(axis=1).tolist() if is_relative else [],
        "mistakes_per_class": mistakes_per_class(len(result.class_ids)),
        "groups": [{"name": name, "label_type": kind} for name, kind, *_ in groups],
        "classes": [
            {"id": class_id, "name": name, "group": group, "ground_truth": count}
            for class_id, name, group, count in zip(
                result.class_ids,
                result.class_names,
                group_of,
                result.num_ground_truth.tolist(),
                strict=True,
            )
        ],
        "results": [
            _figures(one, group_of, len(groups), heights[place] if heights else None, place)
            for place, one in enumerate(results)
        ],
        "comparisons": [_comparison(results[0], other) for other in results[1:]],
    }


def _check(results: Sequence[NamedResult]) -> None:
    if not results:
        raise InputError("A report needs at least one result; none was given.")
    names = [one.name for one in results]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"Two results are called {twice[0]!r}; give each a name of its own.")
    first = results[0].compared.result
    for other in results[1:]:
        result = other.compared.result
        same = (
            result.class_ids == first.class_ids
            and result.protocol == first.protocol
            and np.array_equal(result.num_ground_truth, first.num_ground_truth)
        )
        if not same:
            raise InputError(
                f"{names[0]!r} and {other.name!r} differ in protocol, classes or ground truth. "
                "Results can only be compared if these are the same."
            )


def _groups(result: AvaResult) -> tuple[list[tuple], list[int | None]]:
    """Return AVA's groups that occur, and the place of each class's; none for other classes."""
    names = class_names("ava")
    pairs = zip(result.class_ids, result.class_names, strict=True)
    if not all(number <= len(names) and names[number - 1] == name for number, name in pairs):
        return [], [None] * len(result.class_ids)
    groups = [
        group for group in AVA_GROUPS if any(group[2] <= n <= group[3] for n in result.class_ids)
    ]
    place = {
        number: index
        for index, (_, _, low, high) in enumerate(groups)
        for number in range(low, high + 1)
    }
    return groups, [place[number] for number in result.class_ids]


def _figures(
    named: NamedResult,
    group_of: list[int | None],
    num_groups: int,
    heights: HeightBins | None,
    place: int,
) -> dict:
    """Return the figures of one result."""
    result = named.compared.result
    groups = np.array([-1 if group is None else group for group in group_of])
    by_height = None if heights is None else heights.average_precision()
    return {
        "name": named.name,
        "color": hex_color(PALETTE[COLOR_PLACES[place % len(COLOR_PLACES)]]),
        "file": Path(named.compared.detections.path).name,
        "mAP": none_if_nan(result.mean_ap),
        "group_mAP": [_mean(result.ap[groups == group]) for group in range(num_groups)],
        "num_detections": int(result.num_detections.sum()),
        "notes": list(result.notes),
        "height_mAP": [] if by_height is None else [_mean(row) for row in by_height],
        "classes": [
            _class_figures(result, index, None if by_height is None else by_height[:, index])
            for index in range(len(result.class_ids))
        ],
        **find_mistakes(named.compared),
    }


def _class_figures(result: AvaResult, index: int, by_height: np.ndarray | None) -> dict:
    curve = result.curve(result.class_ids[index])
    best = best_f1(curve)
    return {
        "ap": none_if_nan(result.ap[index]),
        "detections": int(result.num_detections[index]),
        "best_f1": None if best is None else best.f1,
        "threshold": None if best is None else best.threshold,
        "best_point": None if best is None else [best.recall, best.precision],
        "curve": downsample(curve, MAX_POINTS),
        "height_ap": [] if by_height is None else [none_if_nan(value) for value in by_height],
    }


def _comparison(baseline: NamedResult, other: NamedResult) -> dict:
    """Return the change of each class between two results, the largest first."""
    before, after = baseline.compared.result, other.compared.result
    change = after.ap - before.ap
    known = np.flatnonzero(~np.isnan(change))
    order = known[np.argsort(-np.abs(change[known]), kind="stable")]
    return {
        "baseline": baseline.name,
        "other": other.name,
        "mAP_change": none_if_nan(after.mean_ap - before.mean_ap),
        "changes": [
            {"class": before.class_names[index], "change": float(change[index])} for index in order
        ],
    }


def _mean(values: np.ndarray) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None
