"""Average precision of segments and of tubes: things of a video that overlap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stad.evaluation.detection import (
    Pairs,
    ap_at_hits,
    ap_trapezoid,
    ascending_order,
    average_precision,
    best_partner,
    first_come,
    greedy_by_detection,
    greedy_by_ground_truth,
    overlapping_pairs,
)

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
        shape: N things that overlap: (N, 2) start and end, or a list of (frames, boxes).
        score: (N,) float64; not used for ground truth.
    """

    video: np.ndarray
    class_index: np.ndarray
    shape: np.ndarray | Sequence
    score: np.ndarray | None = None


@dataclass(frozen=True)
class Rules:
    """What evaluations of benchmarks differ in.

    Attributes:
        matching: 'first_choice', 'greedy_by_detection' or 'ground_truth': see ``detection``.
        area: 'envelope', 'hits' or 'trapezoid': see there.
        is_strict: whether an overlap must be above the threshold, not just reach it.
    """

    matching: str
    area: str
    is_strict: bool = False


@dataclass(frozen=True)
class DetectionAPResult:
    """What an evaluation found, for T overlaps and C classes.

    Attributes:
        protocol: whose rules.
        thresholds: (T,) overlaps that count as right.
        averaged: (T,) bool, those that the mean is taken over.
        class_names: C names.
        ap: (T, C) float64 in [0, 1], NaN for classes without ground truth.
        num_ground_truth, num_detections: (C,) int64.
        notes: what a reader of the figures should know.
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
        """(T,) mean over the classes with ground truth; NaN where there is none."""
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
    thresholds: Sequence[float],
    rules: Rules,
    ignored: np.ndarray | None = None,
) -> np.ndarray:
    """Average precision per threshold and class; of equal scores the first row comes first.

    Args:
        ground_truth, detections: what is there and what was found.
        overlap: gets P detection and P ground-truth indices, gives their (P,) overlaps.
        num_classes: C.
        thresholds: T overlaps, in (0, 1].
        rules: how to match and to sum up.
        ignored: (N,) bool, detections that do not count unless they are right.

    Returns:
        (T, C) float64, NaN where a class has no ground truth.
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


def _groups(items: Instances, num_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Class and group of each item, (N,) int64."""
    class_index = np.asarray(items.class_index, np.int64).reshape(-1)
    return class_index, np.asarray(items.video, np.int64).reshape(-1) * num_classes + class_index


def _enough(pairs: Pairs, threshold: float, rules: Rules) -> Pairs:
    keep = pairs.overlap > threshold if rules.is_strict else pairs.overlap >= threshold
    return Pairs(*(column[keep] for column in pairs))


def _match(pairs: Pairs, descending: np.ndarray, *, score: np.ndarray, rules: Rules) -> np.ndarray:
    """(N,) bool which detections are right."""
    if rules.matching == "greedy_by_detection":
        return greedy_by_detection(pairs, descending)
    if rules.matching == "ground_truth":
        return greedy_by_ground_truth(pairs, descending)
    number = int(pairs.ground_truth.max(initial=-1)) + 1
    partner = best_partner(pairs, len(score), ground_truth_position=np.arange(number))
    return first_come(partner, ascending_order(score), score=score)
