"""Segments of several scales -> one list: soft non-maximum suppression in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from stad.localization.curve import localize
from stad.localization.hysteresis import Interval
from stad.localization.options import LocalizerOptions
from stad.utils.boxes import paired_segment_iou

MIN_SCORE = 1e-3


class Scale(NamedTuple):
    """Curves of one window length.

    Attributes:
        times_sec: (T,) centres of the windows, seconds.
        scores: (T, C) in [0, 1].
        window_sec: length of the windows, seconds.
    """

    times_sec: np.ndarray
    scores: np.ndarray
    window_sec: float


def soft_nms(
    segments: np.ndarray, scores: np.ndarray, *, sigma: float = 0.5, min_score: float = MIN_SCORE
) -> tuple[np.ndarray, np.ndarray]:
    """Gaussian soft-NMS: the more a segment overlaps a better one, the more it loses.

    Bodla et al., "Soft-NMS - improving object detection with one line of code", ICCV 2017,
    equation 3, with temporal IoU.

    Args:
        segments: (N, 2) start and end, seconds.
        scores: (N,) in [0, 1].
        sigma: width of the Gaussian, above 0.
        min_score: what falls below it is left out.

    Returns:
        (M,) int64 rows that are left and their (M,) new scores, in descending order.

    >>> rows, scores = soft_nms(np.array([[0, 4.0], [0, 4], [8, 9]]), np.array([0.9, 0.8, 0.5]))
    >>> rows.tolist(), scores.round(3).tolist()
    ([0, 2, 1], [0.9, 0.5, 0.108])
    """
    segments = np.asarray(segments, np.float64).reshape(-1, 2)
    left, value = np.arange(len(segments)), np.array(scores, np.float64)
    chosen, kept = [], []
    while len(left):
        best = int(np.argmax(value))
        if value[best] < min_score:
            break
        chosen.append(left[best])
        kept.append(value[best])
        others = np.arange(len(left)) != best
        pairs = np.broadcast_to(segments[left[best]], (int(others.sum()), 2))
        left, value = left[others], value[others]
        value = value * np.exp(-(paired_segment_iou(pairs, segments[left]) ** 2) / sigma)
    return np.array(chosen, np.int64), np.array(kept)


def localize_scales(
    scales: Sequence[Scale],
    *,
    options: LocalizerOptions,
    names: Sequence[str] | None = None,
    start_sec: float = -np.inf,
    end_sec: float = np.inf,
) -> list[Interval]:
    """Segments of whole curves that were scored with several window lengths.

    Each scale is localized by itself; per class, soft-NMS over all of them lowers the scores of
    what another scale found better.

    Args:
        scales: the same C classes each.
        options: thresholds and times; the window's length is each scale's own.
        names: of the classes, for options of labels.
        start_sec, end_sec: of the video; segments are cut there.

    Returns:
        Segments by class, then by start.

    Raises:
        InputError: as ``localize``.
    """
    runs: list[Interval] = []
    for scale in scales:
        runs += localize(
            scale.times_sec,
            scale.scores,
            options=replace(options, window_sec=scale.window_sec),
            names=names,
            start_sec=start_sec,
            end_sec=end_sec,
        )
    if len(scales) < 2:
        return runs
    merged = []
    for index in sorted({run.class_index for run in runs}):
        mine = [run for run in runs if run.class_index == index]
        spans = np.array([[run.start_sec, run.end_sec] for run in mine])
        rows, scores = soft_nms(spans, [run.score for run in mine], sigma=options.nms_sigma)
        pairs = zip(rows.tolist(), scores.tolist(), strict=True)
        merged += [mine[row]._replace(score=score) for row, score in pairs]
    return sorted(merged)
