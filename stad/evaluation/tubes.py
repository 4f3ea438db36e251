"""Tube-mAP (video-mAP) as for UCF101-24 and JHMDB, or as MultiSports computes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stad.errors import InputError
from stad.evaluation.items import DetectionAPResult, Instances, Rules, instances_ap
from stad.evaluation.segments import check_thresholds
from stad.utils.boxes import tube_iou

THRESHOLDS = (0.2, *np.linspace(0.5, 0.95, 10).tolist())
# Those that "0.5:0.95" is the mean of.
AVERAGED_FROM = 0.5


@dataclass(frozen=True)
class TubeProtocol:
    """The rules of a benchmark.

    Attributes:
        rules: how to match and to sum up.
        added_px, added_frames: how boxes and times are measured: see ``tube_iou``.
        unevaluated: labels that it leaves out.
    """

    rules: Rules
    added_px: float
    added_frames: int
    unevaluated: frozenset[str] = frozenset()


# 'act': the evaluation of Kalogeiton et al., "Action tubelet detector for spatio-temporal action
# localization", ICCV 2017, which later work on UCF101-24 and JHMDB uses: boxes include their last
# pixels, a detection takes the best free ground truth, the area is of trapezoids.
# 'multisports': evaluate_multisports.py of Li et al., "MultiSports", ICCV 2021: boxes and times
# are lengths, there is no second choice, the area is that of PASCAL VOC 2010.
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


def tube_ap(
    ground_truth: Instances,
    detections: Instances,
    *,
    num_classes: int,
    threshold: float = 0.5,
    protocol: str = "act",
) -> np.ndarray:
    """Average precision of tubes per class, matched by ``tube_iou`` within a video.

    Args:
        ground_truth, detections: shapes are lists of (frames (T,) int, boxes (T, 4) xyxy).
        num_classes: C.
        threshold: least tube IoU that counts, in (0, 1].
        protocol: whose rules.

    Returns:
        (C,) float64, NaN where a class has no ground truth.
    """
    result = evaluate_tubes(
        ground_truth,
        detections,
        class_names=[""] * num_classes,
        protocol=protocol,
        thresholds=(threshold,),
    )
    return result.ap[0]


def evaluate_tubes(
    ground_truth: Instances,
    detections: Instances,
    *,
    class_names: Sequence[str],
    protocol: str = "act",
    thresholds: Sequence[float] = THRESHOLDS,
) -> DetectionAPResult:
    """Average precision per tube IoU and class; the mean is over the IoUs from 0.5 on.

    Args:
        ground_truth, detections: shapes are lists of (frames (T,) int, boxes (T, 4) xyxy); the
            frames of a tube are whole numbers without holes, counted alike on both sides.
        class_names: of the C classes.
        protocol: 'act' or 'multisports'.
        thresholds: tube IoUs.

    Raises:
        InputError: an unknown protocol, or thresholds outside (0, 1].
    """
    if protocol not in PROTOCOLS:
        raise InputError(f"protocol must be one of {', '.join(PROTOCOLS)}; got {protocol!r}.")
    chosen, thresholds = PROTOCOLS[protocol], np.array(check_thresholds(thresholds))

    def overlap(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
        sizes = {"added_px": chosen.added_px, "added_frames": chosen.added_frames}
        pairs = zip(found, truth, strict=True)
        return np.array(
            [tube_iou(*detections.shape[i], *ground_truth.shape[j], **sizes) for i, j in pairs],
            np.float64,
        )

    ap = instances_ap(
        ground_truth,
        detections,
        overlap=overlap,
        num_classes=len(class_names),
        thresholds=thresholds,
        rules=chosen.rules,
    )
    left_out = np.array([name in chosen.unevaluated for name in class_names], bool)
    ap[:, left_out] = np.nan
    number = len(class_names)
    averaged = thresholds >= AVERAGED_FROM
    return DetectionAPResult(
        protocol=protocol,
        thresholds=thresholds,
        averaged=averaged if averaged.any() else ~averaged,
        class_names=tuple(class_names),
        ap=ap,
        num_ground_truth=np.bincount(ground_truth.class_index, minlength=number),
        num_detections=np.bincount(detections.class_index, minlength=number),
        notes=_notes(int(left_out.sum())),
    )


def _notes(left_out: int) -> tuple[str, ...]:
    return (f"{left_out} classes are not evaluated by this protocol.",) if left_out else ()
