"""What the localizer computes, for one curve at once and with plain loops: a check of its code."""

from __future__ import annotations

import math


def plain_average(points: list[tuple[float, float]], window_sec: float, ahead_sec: float):
    """The averaged curve of (time, score) points; NaN scores are not there at all."""
    points = [(t, s) for t, s in points if math.isfinite(s)]
    averaged = []
    for time, _ in points:
        total = weights = 0.0
        for other, score in points:
            if other > time + ahead_sec or (window_sec == 0 and other != time):
                continue
            distance = abs(other - time)
            weight = max(0.0, 1 - distance / (window_sec / 2)) if distance else 1.0
            total += weight * score
            weights += weight
        averaged.append((time, total / weights))
    return averaged


def plain_runs(curve, *, stride, high, low, join, shortest):
    """(start, end, mean) of an averaged curve."""
    longest = join + 1.5 * stride + 1e-6
    pieces = []
    for i, (time, value) in enumerate(curve):
        if not i or time - curve[i - 1][0] > longest:
            pieces.append([])
        pieces[-1].append((time, value))
    raw = []
    for piece in pieces:
        inside = None
        for i, (time, value) in enumerate(piece):
            if inside is None and value >= high:
                start = time - stride / 2 if i == 0 else cross(piece[i - 1], piece[i], high)
                inside = [start, None, time]
            elif inside is not None and value < low:
                inside[1] = cross(piece[i - 1], piece[i], low)
                raw.append((piece, *inside))
                inside = None
        if inside is not None:
            inside[1] = piece[-1][0] + stride / 2
            raw.append((piece, *inside))
    joined = []
    for piece, start, end, first in raw:
        old = joined[-1] if joined else None
        near = old and old[0] is piece and start - old[2] <= join + 1e-6
        if near and first - old[2] <= longest:
            old[2] = end
        else:
            joined.append([piece, start, end, first])
    result = []
    for piece, start, end, first in joined:
        # The points from the first above on to the end.
        inside = [v for t, v in piece if first <= t < end]
        if end - start >= shortest - 1e-6:
            result.append((start, end, sum(inside) / len(inside)))
    return result


def cross(before, after, threshold):
    """When the line between two points meets the threshold."""
    part = (threshold - before[1]) / (after[1] - before[1])
    return before[0] + part * (after[0] - before[0])
