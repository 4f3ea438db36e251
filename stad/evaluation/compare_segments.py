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
from stad.utils.text import shown

# Maximum number of labels in a message.
SHOWN_LABELS = 5


def compare_segments(
    truth: SegmentRows,
    found: SegmentRows,
    *,
    protocol: str = "activitynet",
    thresholds: Sequence[float] | None = None,
) -> DetectionAPResult:
    """Evaluate detections against annotations, over the annotated labels.

    Args:
        truth: the annotations.
        found: the detections.
        protocol: as in ``evaluate_segments``.
        thresholds: as in ``evaluate_segments``.

    Raises:
        InputError: there are no annotations, or no detection has an annotated label.
    """
    unsure = [label == AMBIGUOUS for label in truth.label]
    ambiguous, truth = truth.where(unsure), truth.where(np.logical_not(unsure))
    labels = sorted(set(truth.label))
    if not labels:
        raise InputError("The annotations have no segments to evaluate against.")
    known = [label in set(labels) for label in found.label]
    if found.label and not any(known):
        raise InputError(
            f"No detection has a label of the annotations: {found.label[0]!r} is none of "
            f"{shown(labels, limit=SHOWN_LABELS)}.{_label_hint(found.label[0], labels)}"
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
    """Return the spelling of a label in the annotations, as a sentence or ''."""

    def plain(name: str) -> str:
        return "".join(one for one in name.lower() if one.isalnum())

    same = [one for one in labels if plain(one) == plain(label)]
    return f" It is spelled {same[0]!r} there." if same else ""


def _notes(truth: SegmentRows, found: SegmentRows, known: Sequence[bool]) -> tuple[str, ...]:
    notes = []
    if others := len(known) - int(np.sum(known)):
        notes.append(f"{others} detections have labels that are not annotated and were left out.")
    unknown = set(found.video) - set(truth.videos)
    if unknown:
        notes.append(
            f"{len(unknown)} videos with detections are not annotated, such as "
            f"{min(unknown)!r}; their detections count as wrong."
        )
    return tuple(notes)


def check_segments(truth: SegmentRows, found: SegmentRows) -> list[str]:
    """Check detections, and annotations, before they are compared.

    Args:
        truth: the annotations.
        found: the detections.

    Returns:
        Tables of possible mistakes.

    Raises:
        InputError: no detection is in an annotated video, or most rows are wrong.
    """
    if not found.video:
        return ["There are no detections."]
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
    """Return the spans of each video in which both have segments."""
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
