"""Made-up untrimmed videos: known segments, and the scores that a perfect window model gives."""

from __future__ import annotations

import numpy as np

from stad.annotations.segments import SegmentRows
from stad.localization.curve_files import VideoCurves


def random_segments(random, *, duration_sec: float, lengths_sec=(2.0, 20.0)) -> np.ndarray:
    """(N, 2) segments with at least 2.5 s between them."""
    spans, time_sec = [], random.uniform(0, 5)
    while True:
        end_sec = time_sec + random.uniform(*lengths_sec)
        if end_sec > duration_sec:
            return np.array(spans).reshape(-1, 2)
        spans.append((time_sec, end_sec))
        time_sec = end_sec + random.uniform(2.5, 30)


def window_scores(times_sec: np.ndarray, spans: np.ndarray, *, window_sec: float) -> np.ndarray:
    """(T,) the part of each window that the segments fill."""
    begin, end = times_sec - window_sec / 2, times_sec + window_sec / 2
    shared = np.minimum(end[:, None], spans[:, 1]) - np.maximum(begin[:, None], spans[:, 0])
    return shared.clip(min=0).sum(axis=1) / window_sec


def untrimmed_set(
    random, *, window_sec: float, stride_sec: float, noise: float = 0.0
) -> tuple[list[VideoCurves], SegmentRows]:
    """Three videos of ten minutes with three labels, half an hour in all."""
    labels, curves, rows = ("walk", "wave", "fall"), [], []
    for number in range(3):
        times = np.arange(0, 600, stride_sec)
        scores = np.zeros((len(times), len(labels)))
        for place, label in enumerate(labels):
            spans = random_segments(random, duration_sec=600)
            scores[:, place] = window_scores(times, spans, window_sec=window_sec)
            rows += [(f"v{number}", label, span) for span in spans.tolist()]
        noisy = (scores + random.normal(0, noise, scores.shape)).clip(0, 1)
        curves.append(VideoCurves(f"v{number}", labels, times, noisy))
    videos, names, spans = zip(*rows, strict=True)
    ones = np.ones(len(rows))
    return curves, SegmentRows(videos, names, np.array(spans), ones, ("v0", "v1", "v2"))
