"""Evaluate a file of detected tubes against a file of annotations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from stad.annotations.checks.findings import settle
from stad.annotations.checks.spans import check_tubes, check_videos
from stad.annotations.tubes import LabelledTube, TubeAnnotations
from stad.errors import InputError
from stad.evaluation.items import DetectionAPResult, Instances
from stad.evaluation.tubes import THRESHOLDS, evaluate_tubes
from stad.utils.text import shown

# Maximum number of labels in a message.
SHOWN_LABELS = 5


def compare_tubes(
    truth: TubeAnnotations,
    found: dict[str, list[LabelledTube]],
    *,
    part: str = "test",
    split: int = 1,
    protocol: str = "act",
    thresholds: Sequence[float] = THRESHOLDS,
) -> DetectionAPResult:
    """Evaluate detections on the videos of a split, over all labels of the data set.

    Args:
        truth: the annotations.
        found: the detections by video.
        part: 'test' or 'train'.
        split: from 1.
        protocol: as in ``evaluate_tubes``.
        thresholds: as in ``evaluate_tubes``.

    Raises:
        InputError: there is no such split, or the data set does not have a detection's label.
    """
    videos = truth.videos(part=part, split=split)
    wanted = set(videos)
    strange = sorted({one.label for tubes in found.values() for one in tubes} - set(truth.labels))
    if strange:
        raise InputError(
            f"A detection has the label {strange[0]!r}, which is none of the data set's: "
            f"{shown(truth.labels, limit=SHOWN_LABELS)}."
        )
    others = [name for name in found if name not in wanted]
    result = evaluate_tubes(
        _items({name: truth.tubes.get(name, []) for name in videos}, videos, truth.labels),
        _items({name: found.get(name, []) for name in videos}, videos, truth.labels),
        class_names=truth.labels,
        protocol=protocol,
        thresholds=thresholds,
    )
    if not others:
        return result
    note = f"{len(others)} videos with detections are not in the split and were left out."
    return replace(result, notes=(*result.notes, note))


def check_tube_results(
    truth: TubeAnnotations,
    found: dict[str, list[LabelledTube]],
    *,
    part: str = "test",
    split: int = 1,
) -> list[str]:
    """Check detections before they are compared with annotations.

    Args:
        truth: the annotations.
        found: the detections by video.
        part: as in ``compare_tubes``.
        split: as in ``compare_tubes``.

    Returns:
        Tables of possible mistakes.

    Raises:
        InputError: no detection is in a video of the split, or most of them are wrong.
    """
    videos = truth.videos(part=part, split=split)
    names = [name for name, tubes in found.items() for _ in tubes]
    if not names:
        return ["There are no detections."]
    findings = check_videos(videos, names, num_detections=len(names))
    both = [name for name in videos if truth.tubes.get(name) and found.get(name)]
    known = {one.label for name in both for one in found[name]} <= set(truth.labels)
    if both and known:
        findings += check_tubes(
            {name: truth.tubes[name] for name in both},
            {name: found[name] for name in both},
            labels=truth.labels,
        )
    warning = settle(findings, name="the file of detections", num_rows=len(names)).warning
    return [warning] if warning else []


def _items(
    tubes: dict[str, list[LabelledTube]], videos: Sequence[str], labels: Sequence[str]
) -> Instances:
    class_index = {name: index for index, name in enumerate(labels)}
    rows = [(i, one) for i, name in enumerate(videos) for one in tubes[name]]
    return Instances(
        np.array([index for index, _ in rows], np.int64),
        np.array([class_index[one.label] for _, one in rows], np.int64),
        [(one.frames, one.boxes) for _, one in rows],
        np.array([one.score for _, one in rows], np.float64),
    )
