"""Compute frame-mAP as the benchmarks of tubes do: UCF101-24 and JHMDB (ACT), or MultiSports."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stad.evaluation.items import (
    DetectionAPResult,
    Instances,
    check_protocol,
    check_thresholds,
    instances_ap,
)
from stad.evaluation.tubes import PROTOCOLS
from stad.utils.boxes import paired_box_iou

FRAME_THRESHOLDS = (0.5,)


def evaluate_frame_boxes(
    ground_truth: Instances,
    detections: Instances,
    *,
    class_names: Sequence[str],
    protocol: str = "act",
    thresholds: Sequence[float] = FRAME_THRESHOLDS,
) -> DetectionAPResult:
    """Compute the average precision of boxes per IoU and class, over the frames of all videos.

    Args:
        ground_truth: ``shape`` is (M, 4) xyxy, and ``video`` numbers the frames of all videos.
        detections: the same of N detections.
        class_names: of the C classes.
        protocol: 'act' or 'multisports', see ``stad.evaluation.tubes``.
        thresholds: IoUs.

    Raises:
        InputError: the protocol is unknown, or a threshold is outside (0, 1].
    """
    check_protocol(protocol, PROTOCOLS)
    chosen, overlaps = PROTOCOLS[protocol], np.array(check_thresholds(thresholds))
    corner = np.array([0.0, 0.0, chosen.added_px, chosen.added_px])
    sides = [
        np.asarray(one.shape, np.float64).reshape(-1, 4) + corner
        for one in (detections, ground_truth)
    ]
    ap = instances_ap(
        ground_truth,
        detections,
        overlap=lambda i, j: paired_box_iou(sides[0][i], sides[1][j]),
        num_classes=len(class_names),
        thresholds=overlaps,
        rules=chosen.rules,
    )
    left_out = np.array([name in chosen.unevaluated for name in class_names], bool)
    ap[:, left_out] = np.nan
    number = len(class_names)
    return DetectionAPResult(
        protocol=protocol,
        thresholds=overlaps,
        averaged=np.ones(len(overlaps), bool),
        class_names=tuple(class_names),
        ap=ap,
        num_ground_truth=np.bincount(ground_truth.class_index, minlength=number),
        num_detections=np.bincount(detections.class_index, minlength=number),
    )
