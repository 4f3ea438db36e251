"""Evaluate a CSV file of AVA detections against a file of ground truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from stad.annotations.ava_csv import read_ava_csv, read_excluded
from stad.annotations.ava_table import AvaTable, labelled_boxes, locate_row, locate_rows
from stad.annotations.boxes import LabelledBoxes
from stad.annotations.checks.boxes import check_boxes
from stad.annotations.checks.findings import Finding, settle
from stad.annotations.checks.matches import (
    MAX_FRACTION,
    Boxes,
    Keys,
    check_keys,
    check_overlap,
    check_same_unit,
)
from stad.annotations.checks.rows import check_class_ids, check_repeats, check_scores
from stad.annotations.label_maps import evaluated_classes, read_label_map
from stad.annotations.readers import read_annotations
from stad.errors import InputError
from stad.evaluation.ava import AvaResult, InvalidBoxError, evaluate_ava

# Number of AVA's classes, including those that are not evaluated.
AVA_CLASSES = 80
# Maximum number of class ids in a message.
SHOWN_IDS = 5


@dataclass(frozen=True)
class AvaComparison:
    """Two files and the result of their evaluation; rows in ``result`` are rows of the tables.

    Attributes:
        ground_truth, detections: the files.
        result: of the evaluation.
        warnings: tables of possible mistakes in the files.
    """

    ground_truth: AvaTable
    detections: AvaTable
    result: AvaResult
    warnings: tuple[str, ...] = ()


def compare_ava_files(
    ground_truth: str | Path,
    detections: str | Path,
    *,
    label_map: str | Path | None = None,
    excluded: str | Path | None = None,
    annotation_format: str | None = None,
    protocol: str = "official",
    tie_order: str = "stable",
) -> AvaComparison:
    """Read two files, check them and evaluate.

    Args:
        ground_truth: annotations in any known format, such as AVA CSV, plain or .gz.
        detections: AVA CSV file, plain or .gz.
        label_map: file with the classes to evaluate; the 60 of AVA if None.
        excluded: CSV file of keyframes to leave out.
        annotation_format: of the ground truth, as in ``read_annotations``.
        protocol: as in ``evaluate_ava``.
        tie_order: as in ``evaluate_ava``.

    Raises:
        InputError: a file is missing or has an invalid row, there is no ground truth, or the
            files do not match: no detection is on an annotated keyframe, boxes have another form
            or unit, or class ids are not those of the label map.
    """
    classes = _read_classes(label_map)
    left_out = read_excluded(excluded) if excluded else None
    truth, found = _read_truth(ground_truth, annotation_format), read_ava_csv(detections)
    sides = labelled_boxes(truth, found, *([] if left_out is None else [left_out]))
    names = {"known": classes, "label_map": str(label_map or "AVA")}
    names |= {"highest": None if label_map else AVA_CLASSES}
    warnings = _check_truth(truth, names) + _check_detections(truth, found, sides, names)
    _check_rest(truth, sides[0], classes, None if left_out is None else sides[2])
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
    return AvaComparison(truth, found, result, tuple(warnings))


def _read_truth(path: str | Path, annotation_format: str | None) -> AvaTable:
    table = read_annotations(path, format=annotation_format)
    if not len(table) and not len(table.empty_video):
        raise InputError(f"{path} has no rows, so there is no ground truth. Check the file.")
    return table


def _read_classes(label_map: str | Path | None) -> dict[int, str]:
    classes = read_label_map(label_map) if label_map else evaluated_classes()
    if twice := [name for name, count in Counter(classes.values()).items() if count > 1]:
        raise InputError(
            f"{label_map} gives the name {twice[0]!r} to two classes. Give each class its own name."
        )
    return classes


def _check_truth(table: AvaTable, names: Mapping) -> list[str]:
    """Check the ground truth by itself; all of it is evaluated.

    Raises:
        InputError: most of it is wrong.
    """
    findings = check_class_ids(table.class_id, **names)
    findings += _boxes_of(table)
    repeats = (table.video, table.time_sec, table.boxes, table.class_id)
    findings += check_repeats(repeats, effect="each needs a detection of its own")
    return _settled(table, findings)


def _check_rest(
    table: AvaTable, truth: LabelledBoxes, classes: Mapping, excluded: LabelledBoxes | None
) -> None:
    """Raise InputError if the classes and the excluded keyframes leave no ground truth."""
    is_named = np.isin(truth.class_id, list(classes))
    is_kept = np.ones(len(is_named), bool)
    if excluded is not None:
        is_kept = ~np.isin(truth.keyframe, excluded.empty_keyframes)
    if len(is_named) and not (is_named & is_kept).any():
        raise InputError(
            f"{table.path} has nothing to evaluate: of its {len(is_named)} rows {is_named.sum()} "
            f"are of an evaluated class, and {is_kept.sum()} are on keyframes that are not "
            "excluded. Check the label map and the excluded keyframes."
        )


def _check_detections(
    truth: AvaTable, found: AvaTable, sides: list[LabelledBoxes], names: Mapping
) -> list[str]:
    """Check the detections, by themselves and against the ground truth.

    Raises:
        InputError: most of them are wrong, or they do not match the ground truth.
    """
    if not len(found):
        return [f"{found.path} has no detections."]
    named = np.concatenate((sides[0].keyframe, sides[0].empty_keyframes))
    findings = check_keys(_keys(truth), _keys(found), np.isin(sides[1].keyframe, named))
    findings += check_class_ids(found.class_id, **names, may_be_many=True)
    unit = check_same_unit(truth.boxes, found.boxes)
    findings += unit or _boxes_of(found)
    if not any(one.stops for one in findings):
        findings += check_overlap(*map(_as_boxes, sides[:2]))
    if not any(one.stops for one in findings):
        findings += _check_classes(truth, found)
    # Any scores sort detections, so they are not a reason to stop.
    findings += [_uncounted(one) for one in check_scores(found.last)]
    repeats = (found.video, found.time_sec, found.boxes, found.class_id)
    findings += check_repeats(repeats, effect="each but the first counts as wrong")
    if not found.has_last:
        what = "have no score, so all rank equally"
        findings.append(Finding(what, count=len(found), unit="detections", drops=False))
    return _settled(found, findings)


def _check_classes(truth: AvaTable, found: AvaTable) -> list[Finding]:
    """Find that the two files have no class in common."""
    annotated, detected = np.unique(truth.class_id), np.unique(found.class_id)
    if not len(annotated) or np.isin(detected, annotated).any():
        return []
    shown = [", ".join(map(str, ids[:SHOWN_IDS].tolist())) for ids in (detected, annotated)]
    what = f"of {len(found)} detections match a class of the ground truth"
    guess = f"The detections have class ids {shown[0]}, the ground truth {shown[1]}. "
    guess += "Check that both use the same label map."
    return [Finding(what, count=0, unit="", guess=guess, drops=False, stops=True)]


def _boxes_of(table: AvaTable) -> list[Finding]:
    """Find boxes that are wrong in any unit, or fractions outside of the frame."""
    are_fractions = np.abs(table.boxes).max(axis=1, initial=0) <= MAX_FRACTION
    return check_boxes(table.boxes, are_fractions=2 * int(are_fractions.sum()) >= len(table))


def _settled(table: AvaTable, findings: list[Finding]) -> list[str]:
    """Return the warning, if there is one; the protocol decides about wrong rows."""
    warning = settle(
        [replace(one, drops=False) for one in findings],
        name=table.path,
        num_rows=len(table),
        locate=lambda rows: locate_rows(table, rows),
    ).warning
    return [warning] if warning else []


def _uncounted(finding: Finding) -> Finding:
    return replace(finding, rows=finding.rows[:0], count=finding.number)


def _keys(table: AvaTable) -> Keys:
    """Return all keyframes that a file names."""
    return Keys(
        table.videos,
        np.concatenate((table.video, table.empty_video)).astype(np.int64),
        np.concatenate((table.time_sec, table.empty_time_sec)),
    )


def _as_boxes(side: LabelledBoxes) -> Boxes:
    return Boxes(side.keyframe, side.boxes, side.class_id, side.score)
