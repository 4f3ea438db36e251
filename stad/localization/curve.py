"""Average one actor's window scores into curves and cut them into segments."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from stad.localization.hysteresis import EPSILON_SEC, Hysteresis, Interval
from stad.localization.options import LocalizerOptions, class_options


def average_at(
    time_sec: float, times_sec: np.ndarray, scores: np.ndarray, *, window_sec: float
) -> np.ndarray:
    """Average the windows over one time, weighted by the distance of their centres.

    The weight is a triangle: 1 at the centre of a window, 0 at its ends.

    Args:
        time_sec: the time, one of ``times_sec``.
        times_sec: (T,) centres of the windows, seconds.
        scores: (T, C); values that are not finite are unknown and have no weight.
        window_sec: length of a window, seconds; 0 takes only the window at that time.

    Returns:
        (C,) float64; NaN where the window at that time is unknown.

    >>> average_at(1.0, np.arange(3.0), np.array([[0.0], [0.6], [0.9]]), window_sec=4.0).tolist()
    [0.525]
    """
    distance = np.abs(times_sec - time_sec)
    own = scores[np.argmin(distance)].astype(np.float64)
    known_here = np.isfinite(own)
    if window_sec <= 0 or len(times_sec) == 1:
        return np.where(known_here, own, np.nan)
    weight = np.clip(1 - distance / (window_sec / 2), 0, None)
    weight[distance == 0] = 1.0
    known = np.isfinite(scores)
    weights = weight[:, None] * known
    total = (weights * np.where(known, scores, 0.0)).sum(axis=0)
    mean = np.divide(total, weights.sum(axis=0), out=np.full(len(own), np.nan), where=known_here)
    return mean


class ActorCurves:
    """Average the scores of one actor as they come, and apply the thresholds.

    A time is decided on once all windows over it are known, ``options.ahead_sec()`` later.

    Args:
        options: thresholds and times.
        stride_sec: usual time between scores, seconds.
        names: names of the C classes.
    """

    def __init__(self, options: LocalizerOptions, stride_sec: float, *, names: Sequence[str]):
        self._options = options
        self._back_sec, self._ahead_sec = options.back_sec(), options.ahead_sec()
        self._hysteresis = Hysteresis(class_options(options, names), stride_sec)
        self._stride_sec = stride_sec
        # Scores that the averaging still needs; the last ones are not decided on yet.
        self._times: deque[float] = deque()
        self._scores: deque[np.ndarray] = deque()
        self._num_settled = 0

    def add(self, time_sec: float, scores: np.ndarray) -> None:
        """Add the (C,) scores of a window at ``time_sec``, later than all before."""
        self._times.append(time_sec)
        self._scores.append(np.asarray(scores, np.float64))

    def advance(self, now_sec: float) -> list[Interval]:
        """Return the segments that end, given that all scores up to ``now_sec`` are known."""
        runs: list[Interval] = []
        while self._num_settled < len(self._times):
            time_sec = self._times[self._num_settled]
            if time_sec + self._ahead_sec > now_sec:
                break
            runs += self._settle_next()
        runs += self._hysteresis.settle(self._next_unsettled_sec(now_sec))
        self._drop_old_scores(now_sec)
        return runs

    def _settle_next(self) -> list[Interval]:
        time_sec = self._times[self._num_settled]
        times = np.array(self._times)
        near = slice(
            int(np.searchsorted(times, time_sec - self._back_sec)),
            int(np.searchsorted(times, time_sec + self._ahead_sec, side="right")),
        )
        values = average_at(
            time_sec,
            times[near],
            np.array(self._scores)[near],
            window_sec=2 * self._back_sec,
        )
        self._num_settled += 1
        return self._hysteresis.step(time_sec, values)

    def _next_unsettled_sec(self, now_sec: float) -> float:
        """Return the first time that is not decided on yet, else ``now_sec``."""
        has_more = self._num_settled < len(self._times)
        return self._times[self._num_settled] if has_more else now_sec

    def _drop_old_scores(self, now_sec: float) -> None:
        """Drop the scores that no later time is averaged with."""
        next_sec = self._next_unsettled_sec(now_sec)
        while self._num_settled and self._times[0] < next_sec - self._back_sec - EPSILON_SEC:
            self._times.popleft()
            self._scores.popleft()
            self._num_settled -= 1

    def finish(self) -> list[Interval]:
        """Return the remaining segments; nothing more comes."""
        runs: list[Interval] = []
        while self._num_settled < len(self._times):
            runs += self._settle_next()
        return runs + self._hysteresis.finish()

    def ongoing(self) -> list[Interval]:
        """Return the segments that may still grow."""
        return self._hysteresis.ongoing()

    def next_sec(self, now_sec: float) -> float:
        """Return the first time that may still matter to a segment that has not begun, seconds."""
        known_sec = np.nanmin(np.append(self._hysteresis.state.last_sec, np.inf))
        first_sec = self._next_unsettled_sec(now_sec)
        # A curve restarts after a longer pause.
        return float(min(max(known_sec, first_sec - self._hysteresis.idle_sec), first_sec))

    def is_idle(self, now_sec: float) -> bool:
        """Return whether no later score could depend on what is kept."""
        if self._times:
            return False
        last_sec = np.nanmax(np.append(self._hysteresis.state.last_sec, -np.inf))
        return now_sec - last_sec > self._hysteresis.idle_sec and not self.ongoing()


def average_curve(
    times_sec: np.ndarray, scores: np.ndarray, *, options: LocalizerOptions
) -> np.ndarray:
    """Return (T, C) averaged curves at ``times_sec``, as ``ActorCurves`` computes them."""
    first = np.searchsorted(times_sec, times_sec - options.back_sec())
    last = np.searchsorted(times_sec, times_sec + options.ahead_sec(), side="right")
    rows = [
        average_at(time, times_sec[a:b], scores[a:b], window_sec=2 * options.back_sec())
        for time, a, b in zip(times_sec, first, last, strict=True)
    ]
    return np.array(rows).reshape(scores.shape)


def cut_run(run: Interval, start_sec: float, end_sec: float) -> Interval:
    """Return the part of a segment that lies within the video."""
    start = min(max(run.start_sec, start_sec), max(end_sec, start_sec))
    return run._replace(start_sec=start, end_sec=max(min(run.end_sec, end_sec), start))
