"""Compute AVA frame-mAP at IoU 0.5 as the official evaluation, mmaction2 or PySlowFast do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from stad.annotations.boxes import LabelledBoxes
from stad.errors import InputError
from stad.evaluation.ava_match import Matched, match_detections
from stad.evaluation.ava_protocols import PROTOCOLS, InvalidBoxError
from stad.evaluation.ava_rows import Found, Truth, prepare_detections, prepare_truth
from stad.evaluation.precision import Curve, average_precision, precision_recall

__all__ = [
    "PROTOCOLS",
    "TIE_ORDERS",
    "AvaResult",
    "InvalidBoxError",
    "LabelledBoxes",
    "evaluate_ava",
]

TIE_ORDERS = ("stable", "numpy")


@dataclass(frozen=True)
class AvaResult:
    """The result of an AVA evaluation; arrays over classes are in the order of ``class_ids``.

    Attributes:
        protocol, tie_order: as requested.
        class_ids, class_names: C classes, by ascending id.
        ap: (C,) float64 in [0, 1], NaN for classes that are left out of the mean.
        num_ground_truth, num_detections: (C,) int64, as they entered the average precision.
        lost: number of detections of evaluated classes that did not count, by reason: 'excluded',
            'unknown_keyframe' (under 'pyslowfast' these did count, as wrong), 'over_capacity',
            'degenerate', 'low_score', 'empty_keyframe'.
        class_start: (C + 1,) int64, class i has entries class_start[i] to class_start[i + 1].
        detection_row: (M,) int64 rows of the detections, class by class, by descending score.
        score: (M,) float of those entries.
        ground_truth_row: (M,) int64 row of the ground truth found, -1 for a false positive.
        evaluated_rows: (G,) int64 rows of the evaluated ground truth.
        notes: remarks on the figures, a sentence each.
    """

    protocol: str
    tie_order: str
    class_ids: tuple[int, ...]
    class_names: tuple[str, ...]
    ap: np.ndarray
    num_ground_truth: np.ndarray
    num_detections: np.ndarray
    lost: dict[str, int]
    class_start: np.ndarray
    detection_row: np.ndarray
    score: np.ndarray
    ground_truth_row: np.ndarray
    evaluated_rows: np.ndarray
    notes: tuple[str, ...]

    @property
    def mean_ap(self) -> float:
        """Mean over the classes that have an average precision; NaN if none has one."""
        known = self.ap[~np.isnan(self.ap)]
        return float(known.mean()) if len(known) else float("nan")

    def curve(self, class_id: int) -> Curve:
        """Return precision and recall of a class at each of its scores."""
        index = self.class_ids.index(class_id)
        mine = slice(*self.class_start[index : index + 2])
        return precision_recall(
            self.ground_truth_row[mine] >= 0,
            self.score[mine],
            num_ground_truth=int(self.num_ground_truth[index]),
        )


def evaluate_ava(
    ground_truth: LabelledBoxes,
    detections: LabelledBoxes,
    *,
    classes: Mapping[int, str],
    excluded: np.ndarray | None = None,
    protocol: str = "official",
    tie_order: str = "stable",
) -> AvaResult:
    """Compute the average precision of each class, and its mean.

    Args:
        ground_truth: the annotated boxes.
        detections: the detected boxes.
        classes: id -> name of the evaluated classes; rows of other classes are ignored.
        excluded: (X,) int64 keyframes that are left out, in the way of the protocol.
        protocol: 'official', 'mmaction2' or 'pyslowfast'.
        tie_order: the order of detections of equal score in the average precision: 'stable' is
            the same everywhere, 'numpy' is the order of the public codes on this CPU.

    Raises:
        InvalidBoxError: a ground-truth box is reversed (x1 > x2 or y1 > y2).
        InputError: an unknown protocol or tie order, or no classes.

    >>> box, one = np.array([[0.0, 0.0, 0.5, 0.5]]), np.ones(1)
    >>> truth = LabelledBoxes(np.array([7]), box, np.array([1]), one)
    >>> evaluate_ava(truth, truth, classes={1: "walk"}).mean_ap
    1.0
    """
    _check_choice("protocol", protocol, tuple(PROTOCOLS))
    _check_choice("tie_order", tie_order, TIE_ORDERS)
    if not classes:
        raise InputError("An evaluation needs at least one class; the list of classes is empty.")
    rules, ids = PROTOCOLS[protocol], np.array(sorted(classes), dtype=np.int64)
    excluded = np.unique(np.asarray([] if excluded is None else excluded, dtype=np.int64))
    truth = prepare_truth(ground_truth, ids, excluded=excluded, rules=rules)
    found = prepare_detections(detections, truth, class_ids=ids, excluded=excluded, rules=rules)
    matched = match_detections(ground_truth, truth, found, rules=rules, tie_order=tie_order)
    return _result(truth, found, matched, classes=classes, protocol=protocol, tie_order=tie_order)


def _check_choice(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InputError(f"'{name}' must be one of {', '.join(known)}; got {value!r}.")


def _result(
    truth: Truth,
    found: Found,
    matched: Matched,
    *,
    classes: Mapping[int, str],
    protocol: str,
    tie_order: str,
) -> AvaResult:
    ids = tuple(sorted(classes))
    truth_row = np.append(truth.row, -1)[matched.partner]
    ap = _class_ap(truth_row >= 0, matched.class_start, truth.count)
    num_detections = np.diff(matched.class_start)
    ap[(num_detections == 0) & (truth.count > 0)] = PROTOCOLS[protocol].undetected_ap
    return AvaResult(
        protocol=protocol,
        tie_order=tie_order,
        class_ids=ids,
        class_names=tuple(classes[index] for index in ids),
        ap=ap,
        num_ground_truth=truth.count,
        num_detections=num_detections,
        lost=found.lost,
        class_start=matched.class_start,
        detection_row=found.row[matched.entry],
        score=found.entries.score[matched.entry],
        ground_truth_row=truth_row,
        evaluated_rows=np.sort(truth.row),
        notes=_notes(protocol, found.lost, num_detections, truth.count),
    )


def _class_ap(is_right: np.ndarray, class_start: np.ndarray, count: np.ndarray) -> np.ndarray:
    return np.array(
        [
            average_precision(is_right[class_start[index] : class_start[index + 1]], number)
            for index, number in enumerate(count.tolist())
        ]
    )


def _notes(
    protocol: str, lost: dict[str, int], num_detections: np.ndarray, count: np.ndarray
) -> tuple[str, ...]:
    """List remarks on the figures, a sentence each."""
    notes = []
    if unknown := lost["unknown_keyframe"]:
        what = "count as wrong" if PROTOCOLS[protocol].unknown_keyframes else "were ignored"
        notes.append(
            f"{unknown} detections on keyframes that the ground truth does not name {what}."
        )
    if excluded := lost["excluded"]:
        notes.append(f"{excluded} detections on excluded keyframes were left out.")
    if over := lost["over_capacity"]:
        capacity = PROTOCOLS[protocol].capacity
        notes.append(f"{over} detections exceeded the maximum of {capacity} for a keyframe.")
    if flat := lost["degenerate"]:
        notes.append(f"{flat} detections with a box without area were dropped.")
    if low := lost.get("low_score", 0):
        low_score = PROTOCOLS[protocol].min_score
        notes.append(f"{low} detections with scores up to {low_score} were dropped.")
    if empty := lost.get("empty_keyframe", 0):
        notes.append(
            f"{empty} detections on keyframes without evaluated ground truth were skipped."
        )
    undetected = int(np.sum((num_detections == 0) & (count > 0)))
    if undetected and np.isnan(PROTOCOLS[protocol].undetected_ap):
        notes.append(f"{undetected} classes without any detection are left out of the mean.")
    return tuple(notes)
