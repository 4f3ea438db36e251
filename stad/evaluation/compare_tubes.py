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
        truth, found: as they were read.
        part: 'test' or 'train'.
        split: from 1.
        protocol, thresholds: as ``evaluate_tubes``.

    Raises:
        InputError: no such split, or a detection with a label that the data set does not have.
    """
    videos = truth.videos(part=part, split=split)
    wanted = set(videos)
    strange = sorted({one.label for tubes in found.values() for one in tubes} - set(truth.labels))
    if strange:
        raise InputError(
            f"a detection has the label {strange[0]!r}, which is none of the data set's: "
            f"{', '.join(truth.labels[:5])} ..."
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
    note = f"{len(others)} videos with detections are not of the split: they were left out."
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
        truth, found: as they were read.
        part, split: as for ``compare_tubes``.

    Returns:
        Tables of what is doubtful, for people.

    Raises:
        InputError: no detection is in a video of the split, or most of them cannot be meant.
    """
    videos = truth.videos(part=part, split=split)
    names = [name for name, tubes in found.items() for _ in tubes]
    if not names:
        return ["there are no detections."]
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
