"""The segments of whole curves, which streaming must equal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stad.localization.curve import average_curve, cut_run
from stad.localization.hysteresis import Hysteresis, Interval
from stad.localization.options import LocalizerOptions, class_options


def localize(
    times_sec: np.ndarray,
    scores: np.ndarray,
    *,
    options: LocalizerOptions,
    stride_sec: float | None = None,
    names: Sequence[str] | None = None,
    start_sec: float = -np.inf,
    end_sec: float = np.inf,
) -> list[Interval]:
    """Return the segments of whole curves.

    Args:
        times_sec: (T,) centres of the windows, seconds, ascending, at any distances.
        scores: (T, C) or (T,) in [0, 1]; values that are not finite are unknown.
        options: thresholds and times.
        stride_sec: usual time between scores, seconds; None for the median of the distances.
        names: names of the C classes, for options of labels.
        start_sec: start of the video, seconds; segments are cut there.
        end_sec: end of the video, seconds; segments are cut there.

    Returns:
        Segments by class, then by start.
    """
    times = np.asarray(times_sec, np.float64)
    scores = np.asarray(scores, np.float64)
    scores = scores[:, None] if scores.ndim == 1 else scores
    if not len(times):
        return []
    if stride_sec is None:
        stride_sec = float(np.median(np.diff(times))) if len(times) > 1 else 1.0
    names = [""] * scores.shape[1] if names is None else names
    hysteresis = Hysteresis(class_options(options, names), stride_sec)
    runs: list[Interval] = []
    for time, values in zip(times, average_curve(times, scores, options=options), strict=True):
        runs += hysteresis.step(float(time), values)
    runs = [cut_run(run, start_sec, end_sec) for run in runs + hysteresis.finish()]
    return sorted(runs)
