"""Compute the average precision of segments and tubes, matched within a video."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stad.errors import InputError
from stad.evaluation.matching import (
    Pairs,
    ascending_order,
    best_partner,
    first_come,
    greedy_by_detection,
    greedy_by_ground_truth,
    overlapping_pairs,
)
from stad.evaluation.precision import ap_at_hits, ap_trapezoid, average_precision

AREAS = {
    "envelope": average_precision,
    "hits": ap_at_hits,
    "trapezoid": ap_trapezoid,
}


class Instances(NamedTuple):
    """Segments or tubes, to be matched within (video, class).

    Attributes:
        video: (N,) int, any numbering shared by ground truth and detections.
        class_index: (N,) int from 0.
        shape: (N, 2) start and end of segments, or a list of N tubes (frames, boxes).
        score: (N,) float64; not used for ground truth.
    """

    video: np.ndarray
    class_index: np.ndarray
    shape: np.ndarray | Sequence
    score: np.ndarray | None = None


@dataclass(frozen=True)
class Rules:
    """The rules in which benchmarks differ.

    Attributes:
        matching: 'first_choice', 'greedy_by_detection' or 'ground_truth', see ``matching``.
        area: 'envelope', 'hits' or 'trapezoid', see ``precision``.
        is_strict: whether an overlap must be above the threshold, not only reach it.
    """

    matching: str
    area: str
    is_strict: bool = False


@dataclass(frozen=True)
class DetectionAPResult:
    """The result of an evaluation at T overlaps, for C classes.

    Attributes:
        protocol: the name of its rules.
        thresholds: (T,) minimum overlaps.
        averaged: (T,) bool, the thresholds that the mean is taken over.
        class_names: C names.
        ap: (T, C) float64 in [0, 1], NaN for classes without ground truth.
        num_ground_truth, num_detections: (C,) int64.
        notes: remarks on the figures, a sentence each.
    """

    protocol: str
    thresholds: np.ndarray
    averaged: np.ndarray
    class_names: tuple[str, ...]
    ap: np.ndarray
    num_ground_truth: np.ndarray
    num_detections: np.ndarray
    notes: tuple[str, ...] = ()

    @property
    def mean_ap(self) -> np.ndarray:
        """Mean over the classes with ground truth, (T,); NaN without any."""
        known = ~np.isnan(self.ap).all(axis=0)
        return self.ap[:, known].mean(axis=1) if known.any() else np.full(len(self.ap), np.nan)

    @property
    def average(self) -> float:
        """Mean of ``mean_ap`` over the averaged thresholds."""
        return float(self.mean_ap[self.averaged].mean())


def instances_ap(
    ground_truth: Instances,
    detections: Instances,
    *,
    overlap: Callable[[np.ndarray, np.ndarray], np.ndarray],
    num_classes: int,
    thresholds: Sequence[float] | np.ndarray,
    rules: Rules,
    ignored: np.ndarray | None = None,
) -> np.ndarray:
    """Compute the average precision per threshold and class; equal scores keep their order.

    Args:
        ground_truth: the annotated instances.
        detections: the N detected ones.
        overlap: returns the (P,) overlaps of P detection and P ground-truth indices.
        num_classes: C.
        thresholds: T overlaps, in (0, 1].
        rules: how to match and to compute the area.
        ignored: (N,) bool, detections that do not count unless they are right.

    Returns:
        (T, C) float64, NaN for classes without ground truth.
    """
    truth_class, truth_group = _groups(ground_truth, num_classes)
    found_class, found_group = _groups(detections, num_classes)
    score = np.asarray(detections.score, np.float64).reshape(-1)
    by_group = np.argsort(truth_group, kind="stable")
    pairs = overlapping_pairs(
        found_group,
        truth_group[by_group],
        overlap=lambda found, truth: overlap(found, by_group[truth]),
        threshold=min(thresholds),
    )
    descending = np.argsort(-score, kind="stable")
    count = np.bincount(truth_class, minlength=num_classes)
    result = np.full((len(thresholds), num_classes), np.nan)
    for row, threshold in enumerate(thresholds):
        right = _match(_enough(pairs, threshold, rules), descending, score=score, rules=rules)
        counts = right if ignored is None else right | ~ignored
        order = descending if ignored is None else descending[counts[descending]]
        for index in np.flatnonzero(count):
            mine = order[found_class[order] == index]
            result[row, index] = AREAS[rules.area](right[mine], int(count[index]))
    return result


def check_protocol(protocol: str, known: Iterable[str]) -> None:
    """Raise InputError if a protocol is unknown."""
    if protocol not in (names := tuple(known)):
        raise InputError(f"The protocol must be one of {', '.join(names)}; got {protocol!r}.")


def check_thresholds(thresholds: Sequence[float]) -> tuple[float, ...]:
    """Return the thresholds as a tuple.

    Raises:
        InputError: there are none, or one is outside (0, 1].
    """
    if not len(thresholds) or not all(0 < value <= 1 for value in thresholds):
        raise InputError(
            f"Overlaps to evaluate at must be above 0 and at most 1, got {list(thresholds)}."
        )
    return tuple(thresholds)


def _groups(items: Instances, num_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return class and group of each instance, (N,) int64."""
    class_index = np.asarray(items.class_index, np.int64).reshape(-1)
    return class_index, np.asarray(items.video, np.int64).reshape(-1) * num_classes + class_index


def _enough(pairs: Pairs, threshold: float, rules: Rules) -> Pairs:
    keep = pairs.overlap > threshold if rules.is_strict else pairs.overlap >= threshold
    return Pairs(*(column[keep] for column in pairs))


def _match(pairs: Pairs, descending: np.ndarray, *, score: np.ndarray, rules: Rules) -> np.ndarray:
    """Return (N,) bool, which detections are right."""
    if rules.matching == "greedy_by_detection":
        return greedy_by_detection(pairs, descending)
    if rules.matching == "ground_truth":
        return greedy_by_ground_truth(pairs, descending)
    number = int(pairs.ground_truth.max(initial=-1)) + 1
    partner = best_partner(pairs, len(score), ground_truth_position=np.arange(number))
    return first_come(partner, ascending_order(score), score=score)
