"""AVA frame-mAP of a CSV file of detections against a CSV file of ground truth."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from stad.datasets.ava_csv import (
    AvaTable,
    evaluated_classes,
    labelled_boxes,
    locate_row,
    read_ava_csv,
    read_excluded,
)
from stad.errors import InputError
from stad.evaluation.ava import AvaResult, InvalidBoxError, evaluate_ava
from stad.labels import read_label_map


@dataclass(frozen=True)
class AvaComparison:
    """The two files and how well they agree; rows named in ``result`` are rows of the tables."""

    ground_truth: AvaTable
    detections: AvaTable
    result: AvaResult


def compare_ava_files(
    ground_truth: str | Path,
    detections: str | Path,
    *,
    label_map: str | Path | None = None,
    excluded: str | Path | None = None,
    protocol: str = "official",
    tie_order: str = "stable",
) -> AvaComparison:
    """Read the files and evaluate.

    Args:
        ground_truth, detections: AVA CSV files, plain or .gz.
        label_map: file with the classes to evaluate; the 60 of AVA if None.
        excluded: CSV file of keyframes to leave out; the rest as in ``evaluate_ava``.

    Raises:
        InputError: a file is missing or has an invalid row, or there is no ground truth.
    """
    classes = read_label_map(label_map) if label_map else evaluated_classes()
    if twice := [name for name, count in Counter(classes.values()).items() if count > 1]:
        raise InputError(f"{label_map} gives the name {twice[0]!r} to two classes.")
    left_out = read_excluded(excluded) if excluded else None
    truth = read_ava_csv(ground_truth)
    if not len(truth) and not len(truth.empty_video):
        raise InputError(f"{ground_truth} has no rows: there is nothing to evaluate against.")
    found = read_ava_csv(detections)
    sides = labelled_boxes(truth, found, *([] if left_out is None else [left_out]))
    try:
        result = evaluate_ava(
            *sides[:2],
            classes=classes,
            excluded=None if left_out is None else sides[2].empty_keyframes,
            protocol=protocol,
            tie_order=tie_order,
        )
    except InvalidBoxError as error:
        place = locate_row(truth if error.of_ground_truth else found, error.row)
        raise InputError(f"{place}, columns 'x1' to 'y2': {error.reason}") from error
    return AvaComparison(truth, found, result)
