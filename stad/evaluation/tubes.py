"""Compute tube-mAP (video-mAP) as for UCF101-24 and JHMDB, or as MultiSports does."""

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
from stad.utils.boxes import tube_iou

THRESHOLDS = (0.2, *np.linspace(0.5, 0.95, 10).tolist())
# "0.5:0.95" is the mean over the thresholds from here on.
AVERAGED_FROM = 0.5


@dataclass(frozen=True)
class TubeProtocol:
    """The rules of a benchmark.

    Attributes:
        rules: how to match and to compute the area.
        added_px, added_frames: how boxes and times are measured, see ``tube_iou``.
        unevaluated: labels that it leaves out.
    """

    rules: Rules
    added_px: float
    added_frames: int
    unevaluated: frozenset[str] = frozenset()


# 'act' is the evaluation of Kalogeiton et al., "Action tubelet detector for spatio-temporal action
# localization", ICCV 2017, which later work on UCF101-24 and JHMDB uses. Boxes include their last
# pixels, a detection takes the best free ground truth, and the area is of trapezoids.
# 'multisports' is evaluate_multisports.py of Li et al., "MultiSports", ICCV 2021. Boxes and times
# are lengths, there is no second choice, and the area is that of PASCAL VOC 2010.
PROTOCOLS = {
    "act": TubeProtocol(Rules("greedy_by_detection", "trapezoid"), added_px=1.0, added_frames=1),
    "multisports": TubeProtocol(
        Rules("first_choice", "envelope"),
        added_px=0.0,
        added_frames=0,
        unevaluated=frozenset(
            {
                "aerobic kick jump",
                "aerobic off axis jump",
                "aerobic butterfly jump",
                "aerobic balance turn",
                "basketball save",
                "basketball jump ball",
            }
        ),
    ),
}


def evaluate_tubes(
    ground_truth: Instances,
    detections: Instances,
    *,
    class_names: Sequence[str],
    protocol: str = "act",
    thresholds: Sequence[float] = THRESHOLDS,
) -> DetectionAPResult:
    """Compute the average precision per tube IoU and class; the mean is over IoUs from 0.5 on.

    Args:
        ground_truth: shapes are lists of (frames (T,) int, boxes (T, 4) xyxy); the frames of a
            tube are consecutive.
        detections: the same, with the same numbering of frames.
        class_names: of the C classes.
        protocol: 'act' or 'multisports'.
        thresholds: tube IoUs.

    Raises:
        InputError: the protocol is unknown, or a threshold is outside (0, 1].
    """
    check_protocol(protocol, PROTOCOLS)
    chosen, overlaps = PROTOCOLS[protocol], np.array(check_thresholds(thresholds))
    ap = instances_ap(
        ground_truth,
        detections,
        overlap=lambda i, j: _tube_ious(detections, ground_truth, (i, j), chosen),
        num_classes=len(class_names),
        thresholds=overlaps,
        rules=chosen.rules,
    )
    left_out = np.array([name in chosen.unevaluated for name in class_names], bool)
    ap[:, left_out] = np.nan
    number = len(class_names)
    averaged = overlaps >= AVERAGED_FROM
    return DetectionAPResult(
        protocol=protocol,
        thresholds=overlaps,
        averaged=averaged if averaged.any() else ~averaged,
        class_names=tuple(class_names),
        ap=ap,
        num_ground_truth=np.bincount(ground_truth.class_index, minlength=number),
        num_detections=np.bincount(detections.class_index, minlength=number),
        notes=_notes(int(left_out.sum())),
    )


def _tube_ious(
    detections: Instances,
    ground_truth: Instances,
    pairs: tuple[np.ndarray, np.ndarray],
    protocol: TubeProtocol,
) -> np.ndarray:
    """Return the (P,) overlaps of pairs, given as P detection and P ground-truth indices."""
    added = {"added_px": protocol.added_px, "added_frames": protocol.added_frames}
    return np.array(
        [
            tube_iou(*detections.shape[i], *ground_truth.shape[j], **added)
            for i, j in zip(*pairs, strict=True)
        ],
        np.float64,
    )


def _notes(left_out: int) -> tuple[str, ...]:
    return (f"{left_out} classes are not evaluated by this protocol.",) if left_out else ()
