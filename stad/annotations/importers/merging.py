"""Join two sets of labels of one video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from stad.annotations.importers.fit import Interval, union, without
from stad.annotations.own.labels import NOTHING, ActorTrack, LabelSpan, VideoLabels


def merge_labels(first: VideoLabels, second: VideoLabels) -> VideoLabels:
    """Return the labels of both; the second one's people get new ids where those are taken.

    A person with the same boxes in both is one person. Equal or overlapping labels become one, and
    'nothing of these' gives way to a class.

    Args:
        first: what was there; its revision is kept.
        second: what is added.
    """
    tracks, ids = list(first.tracks), {}
    for track in second.tracks:
        same = next((one for one in first.tracks if has_same_boxes(one, track)), None)
        if same is not None:
            ids[track.id] = same.id
            continue
        taken = {one.id for one in tracks}
        number = track.id if track.id not in taken else max(taken) + 1
        ids[track.id] = number
        tracks.append(replace(track, id=number))
    moved = [
        one if one.track is None else replace(one, track=ids[one.track]) for one in second.spans
    ]
    return replace(
        first,
        width_px=first.width_px or second.width_px,
        height_px=first.height_px or second.height_px,
        duration_sec=first.duration_sec or second.duration_sec,
        fingerprint=first.fingerprint or second.fingerprint,
        tracks=tuple(tracks),
        spans=join_spans([*first.spans, *moved]),
        is_complete=first.is_complete or second.is_complete,
    )


def join_spans(spans: Sequence[LabelSpan]) -> tuple[LabelSpan, ...]:
    """Return spans without repeats, those of a person and class joined where they overlap."""
    groups: dict[tuple[int | None, str, bool], list[Interval]] = {}
    for one in spans:
        key = (one.track, one.label, one.is_positive)
        groups.setdefault(key, []).append((one.start_sec, one.end_sec))
    joined = []
    for (track, label, is_positive), own in groups.items():
        intervals = union(own)
        if label == NOTHING:
            others = [
                at
                for (other, name, positive), ats in groups.items()
                if other == track and name != NOTHING and positive
                for at in ats
            ]
            intervals = without(union(own, touching=True), union(others, touching=True))
        joined += [LabelSpan(track, label, start, end, is_positive) for start, end in intervals]
    return tuple(sorted(joined, key=_order))


def has_same_boxes(first: ActorTrack, second: ActorTrack) -> bool:
    """Return whether two tracks have the same boxes at the same times."""
    return np.array_equal(first.times_sec, second.times_sec) and np.array_equal(
        first.boxes, second.boxes
    )


def is_same(first: VideoLabels, second: VideoLabels) -> bool:
    """Return whether two sets of labels say the same, whatever their revisions."""
    return (
        first.is_complete == second.is_complete
        and sorted(first.spans, key=_order) == sorted(second.spans, key=_order)
        and [one.id for one in first.tracks] == [one.id for one in second.tracks]
        and all(map(has_same_boxes, first.tracks, second.tracks))
    )


def _order(span: LabelSpan) -> tuple[float, float, str, int, bool]:
    track = -1 if span.track is None else span.track
    return span.start_sec, span.end_sec, span.label, track, span.is_positive
