"""Evaluate a file of detected segments against a file of annotations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from stad.annotations.checks.findings import NO_ROWS, settle
from stad.annotations.checks.rows import check_scores
from stad.annotations.checks.spans import check_segment_times, check_spans, check_videos
from stad.annotations.segments import AMBIGUOUS, SegmentRows
from stad.errors import InputError
from stad.evaluation.items import DetectionAPResult, Instances
from stad.evaluation.segments import evaluate_segments


def compare_segments(
    truth: SegmentRows,
    found: SegmentRows,
    *,
    protocol: str = "activitynet",
    thresholds: Sequence[float] | None = None,
) -> DetectionAPResult:
    """Evaluate detections against annotations, over the annotated labels.

    Args:
        truth, found: as they were read.
        protocol, thresholds: as ``evaluate_segments``.

    Raises:
        InputError: nothing is annotated, or no detection has an annotated label.
    """
    unsure = [label == AMBIGUOUS for label in truth.label]
    ambiguous, truth = truth.where(unsure), truth.where(np.logical_not(unsure))
    labels = sorted(set(truth.label))
    if not labels:
        raise InputError("the annotations hold no segment: there is nothing to evaluate against")
    known = [label in set(labels) for label in found.label]
    if found.label and not any(known):
        raise InputError(
            f"no detection has a label of the annotations: {found.label[0]!r} is none of "
            f"{', '.join(labels[:5])} ...{_label_hint(found.label[0], labels)}"
        )
    notes = _notes(truth, found, known)
    found = found.where(known)
    videos = sorted({*truth.video, *found.video, *ambiguous.video})
    result = evaluate_segments(
        _items(truth, videos, labels),
        _items(found, videos, labels),
        class_names=labels,
        protocol=protocol,
        thresholds=thresholds,
        ambiguous=_items(ambiguous, videos, [AMBIGUOUS]),
    )
    return replace(result, notes=result.notes + notes)


def _label_hint(label: str, labels: Sequence[str]) -> str:
    """What to do where a label is spelled in another way."""

    def plain(name: str) -> str:
        return "".join(one for one in name.lower() if one.isalnum())

    same = [one for one in labels if plain(one) == plain(label)]
    return f" It is spelled {same[0]!r} there." if same else ""


def _notes(truth: SegmentRows, found: SegmentRows, known: Sequence[bool]) -> tuple[str, ...]:
    notes = []
    if others := len(known) - int(np.sum(known)):
        notes.append(f"{others} detections have labels that are not annotated: left out.")
    strangers = set(found.video) - set(truth.videos)
    if strangers:
        notes.append(
            f"{len(strangers)} videos with detections are not annotated, such as "
            f"{min(strangers)!r}: their detections count as wrong."
        )
    return tuple(notes)


def check_segments(truth: SegmentRows, found: SegmentRows) -> list[str]:
    """Check detections, and annotations, before they are compared.

    Args:
        truth, found: as they were read.

    Returns:
        Tables of what is doubtful, for people.

    Raises:
        InputError: no detection is in an annotated video, or most rows cannot be meant.
    """
    if not found.video:
        return ["there are no detections."]
    warnings = []
    for name, rows in (("the annotations", truth), ("the detections", found)):
        findings = check_spans(rows.span)
        if rows is found:
            findings += check_videos(truth.videos, found.video, num_detections=len(found.video))
            findings += check_segment_times(_by_video(truth, found), _by_video(found, truth))
            findings += [
                replace(one, rows=NO_ROWS, count=one.number) for one in check_scores(found.score)
            ]
        checked = settle(
            findings,
            name=name,
            num_rows=len(rows.video),
            locate=lambda wanted, rows=rows: [_place(rows, row) for row in wanted],
        )
        warnings += [checked.warning] if checked.warning else []
    return warnings


def _by_video(rows: SegmentRows, other: SegmentRows) -> dict[str, np.ndarray]:
    """The spans of the videos that both have segments in."""
    names = np.array(rows.video, dtype=object)
    both = set(rows.video) & set(other.video)
    return {name: rows.span[names == name] for name in sorted(both)}


def _place(rows: SegmentRows, row: int) -> str:
    start, end = rows.span[row]
    return f"{rows.video[row]} {rows.label[row]!r} [{start:g}, {end:g}]"


def _items(rows: SegmentRows, videos: Sequence[str], labels: Sequence[str]) -> Instances:
    video_index = {name: index for index, name in enumerate(videos)}
    label_index = {name: index for index, name in enumerate(labels)}
    return Instances(
        np.array([video_index[name] for name in rows.video], np.int64),
        np.array([label_index[name] for name in rows.label], np.int64),
        rows.span,
        rows.score,
    )
