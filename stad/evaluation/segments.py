"""Compute segment-mAP as THUMOS 2014 or ActivityNet do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stad.evaluation.items import (
    DetectionAPResult,
    Instances,
    Rules,
    check_protocol,
    check_thresholds,
    instances_ap,
)
from stad.utils.boxes import paired_segment_iou


@dataclass(frozen=True)
class SegmentProtocol:
    """The temporal IoUs of a benchmark and its rules."""

    thresholds: tuple[float, ...]
    rules: Rules


# 'thumos14' is TH14evalDet_Updated.m of the THUMOS 2014 challenge. Each ground truth, in the order
# of the files, takes the free detection that overlaps it most, by more than the threshold. Others
# that touch an 'Ambiguous' segment do not count. Precision is summed at the hits.
# 'activitynet' is eval_detection.py of the ActivityNet challenge. Each detection takes the free
# ground truth that it overlaps most. The area is that of PASCAL VOC 2010.
PROTOCOLS = {
    "thumos14": SegmentProtocol(
        (0.3, 0.4, 0.5, 0.6, 0.7), Rules("ground_truth", "hits", is_strict=True)
    ),
    "activitynet": SegmentProtocol(
        tuple(np.linspace(0.5, 0.95, 10).tolist()), Rules("greedy_by_detection", "envelope")
    ),
}


def segment_ap(
    ground_truth: Instances,
    detections: Instances,
    *,
    num_classes: int,
    threshold: float = 0.5,
    protocol: str = "activitynet",
) -> np.ndarray:
    """Compute the average precision of segments per class, at one temporal IoU.

    Args:
        ground_truth: shapes are (N, 2) start and end, any one unit.
        detections: the same.
        num_classes: C.
        threshold: temporal IoU, in (0, 1].
        protocol: 'thumos14' or 'activitynet'.

    Returns:
        (C,) float64, NaN for classes without ground truth.
    """
    result = evaluate_segments(
        ground_truth,
        detections,
        class_names=[""] * num_classes,
        protocol=protocol,
        thresholds=(threshold,),
    )
    return result.ap[0]


def evaluate_segments(
    ground_truth: Instances,
    detections: Instances,
    *,
    class_names: Sequence[str],
    protocol: str = "activitynet",
    thresholds: Sequence[float] | None = None,
    ambiguous: Instances | None = None,
) -> DetectionAPResult:
    """Compute the average precision of segments per temporal IoU and class.

    Args:
        ground_truth: shapes are (N, 2) start and end, seconds.
        detections: the same.
        class_names: of the C classes.
        protocol: 'thumos14' or 'activitynet'.
        thresholds: temporal IoUs; None for those of the protocol.
        ambiguous: segments that may show any class, for 'thumos14'.

    Raises:
        InputError: the protocol is unknown, or a threshold is outside (0, 1].

    >>> one = Instances(np.array([0]), np.array([0]), np.array([[0.0, 5.0]]), np.ones(1))
    >>> evaluate_segments(one, one, class_names=["walk"]).average
    1.0
    """
    check_protocol(protocol, PROTOCOLS)
    chosen = PROTOCOLS[protocol]
    thresholds = check_thresholds(chosen.thresholds if thresholds is None else thresholds)
    found, truth = _spans(detections), _spans(ground_truth)
    ignored = None
    if ambiguous is not None and protocol == "thumos14":
        ignored = _touches(detections, ambiguous)
    ap = instances_ap(
        ground_truth,
        detections,
        overlap=lambda i, j: paired_segment_iou(found[i], truth[j]),
        num_classes=len(class_names),
        thresholds=thresholds,
        rules=chosen.rules,
        ignored=ignored,
    )
    number = len(class_names)
    return DetectionAPResult(
        protocol=protocol,
        thresholds=np.array(thresholds),
        averaged=np.ones(len(thresholds), bool),
        class_names=tuple(class_names),
        ap=ap,
        num_ground_truth=np.bincount(ground_truth.class_index, minlength=number),
        num_detections=np.bincount(detections.class_index, minlength=number),
    )


def _spans(items: Instances) -> np.ndarray:
    return np.asarray(items.shape, np.float64).reshape(-1, 2)


def _touches(detections: Instances, ambiguous: Instances) -> np.ndarray:
    """Return (N,) bool, which detections share time with an ambiguous segment of their video."""
    found, unsure = _spans(detections), _spans(ambiguous)
    touches = np.zeros(len(found), bool)
    for video, (start, end) in zip(ambiguous.video, unsure, strict=True):
        here = np.asarray(detections.video) == video
        touches |= here & (np.minimum(found[:, 1], end) > np.maximum(found[:, 0], start))
    return touches
