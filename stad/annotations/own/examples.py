"""Turn the spans of a video into labels of people, or of the whole frame, at single times."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from stad.annotations.own.labels import NOTHING, LabelSpan, VideoLabels

POSITIVE, NEGATIVE, UNKNOWN = 1, 0, -1
WHOLE_FRAME = -1
# A person who was not seen for longer is not there in between.
MAX_GAP_SEC = 1.0
TINY = 1e-9
# Times are in milliseconds; this is for the rounding of their differences.
TIME_EPSILON_SEC = 1e-6


class Examples(NamedTuple):
    """Labels of N people, or whole frames, at single times.

    Attributes:
        tracks: (N,) int64 ids of tracks; ``WHOLE_FRAME`` for the whole frame.
        times_sec: (N,) float64, seconds from the start of the video.
        labels: (N, C) int8, ``POSITIVE``, ``NEGATIVE`` or ``UNKNOWN``.
    """

    tracks: np.ndarray
    times_sec: np.ndarray
    labels: np.ndarray


def labels_at(
    spans: Sequence[LabelSpan],
    times_sec: np.ndarray,
    *,
    classes: Sequence[str],
    is_complete: bool = False,
) -> np.ndarray:
    """Return what is known of each class at each time, for one person or the whole frame.

    A class is positive within its own span. It is negative within a span that denies it or that
    says nothing of the classes is there, and within a positive span of another class: who labels
    what a person does has seen the person. A positive label wins over a negative one.

    Args:
        spans: of one person, or of the whole frame; labels that are no class are left out.
        times_sec: (N,) seconds.
        classes: names of the C classes.
        is_complete: what has no label is negative.

    Returns:
        (N, C) int8.

    >>> spans = [LabelSpan(0, "a", 1.0, 2.0), LabelSpan(0, "", 3.0, 4.0)]
    >>> labels_at(spans, np.array([0.5, 1.5, 3.5]), classes=["a", "b"]).tolist()
    [[-1, -1], [1, 0], [0, 0]]
    """
    times = np.asarray(times_sec, np.float64)
    found = np.full((len(times), len(classes)), NEGATIVE if is_complete else UNKNOWN, np.int8)
    column = {name: place for place, name in enumerate(classes)}
    inside = [(one, (times >= one.start_sec) & (times < one.end_sec)) for one in spans]
    for span, rows in inside:
        if span.is_positive and (span.label == NOTHING or span.label in column):
            found[rows] = NEGATIVE
        elif span.label in column:
            found[rows, column[span.label]] = NEGATIVE
    for span, rows in inside:
        if span.is_positive and span.label in column:
            found[rows, column[span.label]] = POSITIVE
    return found


def sample_examples(
    labels: VideoLabels, *, classes: Sequence[str], step_sec: float, window_sec: float = 0.0
) -> Examples:
    """Return examples every ``step_sec`` seconds at which anything is known.

    The times of a person lie within the track. Those of the whole frame lie where a window fits
    into the video, or in its middle: beyond the ends of a clip there is nothing to see. A span
    that is shorter than the step has one example, in its middle.

    Args:
        labels: of a video whose length is known.
        classes: names of the C classes.
        step_sec: seconds between examples of one person.
        window_sec: length of the window that is seen around each time, seconds.
    """
    parts = []
    for track in labels.tracks:
        spans = labels.spans_of(track.id)
        limits = (track.start_sec, track.end_sec)
        grid = _shared_grid(*limits, step_sec)
        times = _times(grid, limits, spans, is_complete=labels.is_complete)
        times = times[is_seen(track.times_sec, times)]
        parts.append((track.id, _with_single_boxes(times, spans, track.times_sec), spans))
    frame_spans = labels.spans_of(None)
    if frame_spans:
        half_sec = min(window_sec, labels.duration_sec) / 2
        limits = (half_sec, labels.duration_sec - half_sec)
        grid = _centred_grid(*limits, step_sec)
        times = _times(grid, limits, frame_spans, is_complete=labels.is_complete)
        parts.append((WHOLE_FRAME, times, frame_spans))
    rows = [
        (track, times, labels_at(spans, times, classes=classes, is_complete=labels.is_complete))
        for track, times, spans in parts
    ]
    tracks = [np.full(len(times), track, np.int64) for track, times, _ in rows]
    found = Examples(
        np.concatenate([np.zeros(0, np.int64), *tracks]),
        np.concatenate([np.zeros(0), *(times for _, times, _ in rows)]),
        np.concatenate([np.zeros((0, len(classes)), np.int8), *(one for _, _, one in rows)]),
    )
    known = (found.labels != UNKNOWN).any(axis=1)
    return Examples(*(one[known] for one in found))


def count_classes(labels: np.ndarray) -> np.ndarray:
    """Return how many examples have each class, and how many none of them, (C + 1,) float64.

    Args:
        labels: (N, C) as in ``Examples``.

    >>> count_classes(np.array([[1, 1], [0, -1], [1, 0]])).tolist()
    [2.0, 1.0, 1.0]
    """
    is_there = labels == POSITIVE
    return np.append(is_there.sum(axis=0), (~is_there.any(axis=1)).sum()).astype(float)


def _with_single_boxes(
    times_sec: np.ndarray, spans: Sequence[LabelSpan], track_times_sec: np.ndarray
) -> np.ndarray:
    """Add the time of a box to each span without a time at which the person is seen."""
    extra = []
    for span in spans:
        inside = (times_sec >= span.start_sec) & (times_sec < span.end_sec)
        own = (track_times_sec >= span.start_sec) & (track_times_sec < span.end_sec)
        if own.any() and not inside.any():
            extra.append(track_times_sec[own][own.sum() // 2])
    return np.union1d(times_sec, extra) if extra else times_sec


def is_seen(track_times_sec: np.ndarray, times_sec: np.ndarray) -> np.ndarray:
    """Return for each time whether the person is there, (N,) bool.

    >>> is_seen(np.array([0.0, 0.2, 5.0]), np.array([0.1, 0.9, 3.0, 5.0])).tolist()
    [True, False, False, True]
    """
    after = np.searchsorted(track_times_sec, times_sec, side="left")
    last = len(track_times_sec) - 1
    exact = track_times_sec[after.clip(max=last)] == times_sec
    inside = (after > 0) & (after <= last)
    gap = track_times_sec[after.clip(max=last)] - track_times_sec[(after - 1).clip(min=0)]
    return exact | (inside & (gap <= MAX_GAP_SEC + TIME_EPSILON_SEC))


def boxes_at(track_times_sec: np.ndarray, boxes: np.ndarray, times_sec: np.ndarray) -> np.ndarray:
    """Return (N, 4) float32 boxes of a track at (N,) times: linear in between, held outside."""
    columns = [np.interp(times_sec, track_times_sec, boxes[:, side]) for side in range(4)]
    return np.stack(columns, axis=1).astype(np.float32)


def _shared_grid(start_sec: float, end_sec: float, step_sec: float) -> np.ndarray:
    """Return the times of a grid that all people of a video share, so that they share windows."""
    first = math.ceil(start_sec / step_sec - 0.5 - TINY)
    last = math.floor(end_sec / step_sec - 0.5 + TINY)
    return step_sec * (np.arange(first, last + 1) + 0.5)


def _centred_grid(start_sec: float, end_sec: float, step_sec: float) -> np.ndarray:
    """Return the times of a grid as far from the start as from the end, one or more."""
    count = max(int((end_sec - start_sec) / step_sec + TINY), 1)
    return (start_sec + end_sec) / 2 + step_sec * (np.arange(count) - (count - 1) / 2)


def _times(
    grid: np.ndarray,
    limits: tuple[float, float],
    spans: Sequence[LabelSpan],
    *,
    is_complete: bool,
) -> np.ndarray:
    """Return ascending times: a grid, and the middle of each span within limits without any."""
    start, end = limits
    if not len(grid) and is_complete:
        grid = np.array([(start + end) / 2])
    covered = [(max(one.start_sec, start), min(one.end_sec, end)) for one in spans]
    extra = [
        (first + last) / 2
        for first, last in covered
        if first <= last and not ((grid >= first) & ((grid < last) | (first == last))).any()
    ]
    return np.unique(np.concatenate([grid, np.array(extra, np.float64)]))
