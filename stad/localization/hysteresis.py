"""Cut score curves into segments, point by point: two thresholds, joining, refined ends."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from stad.localization.options import ClassOptions

# Scores this fraction of a stride farther apart than a stride are still without a pause: live
# streams do not keep their stride exactly.
JITTER = 0.5
EPSILON_SEC = 1e-6


class Interval(NamedTuple):
    """A class from a start to an end, seconds, with its mean score."""

    class_index: int
    start_sec: float
    end_sec: float
    score: float


@dataclass
class CurveState:
    """The state of the curves of C classes; arrays of (C,), times in seconds.

    Attributes:
        is_open: there is a segment that may still grow.
        is_above: the curve has not fallen below the end threshold since the segment started.
        start_sec: start of the segment.
        end_sec: end of the segment, known where the curve is not above.
        total, count: sum and number of the scores in the segment.
        gap_total, gap_count: the same for the scores after its end, which belong to the segment
            if it is continued.
        last_sec, last_value: the last point of the curve, NaN where there is none.
    """

    is_open: np.ndarray
    is_above: np.ndarray
    start_sec: np.ndarray
    end_sec: np.ndarray
    total: np.ndarray
    count: np.ndarray
    gap_total: np.ndarray
    gap_count: np.ndarray
    last_sec: np.ndarray
    last_value: np.ndarray

    @staticmethod
    def new(num_classes: int) -> CurveState:
        """Return the state before the first point."""
        values = {
            f.name: np.full(num_classes, np.nan if f.name.startswith("last") else 0.0)
            for f in fields(CurveState)
        }
        flags = {name: np.zeros(num_classes, bool) for name in ("is_open", "is_above")}
        return CurveState(**(values | flags))


class Hysteresis:
    """Cut the curves of one actor, all classes at once.

    A segment starts where the straight line between two points rises to the start threshold and
    ends where it falls below the end threshold. The first and last known points extend it by
    half a stride.

    Args:
        options: (C,) thresholds and times.
        stride_sec: usual time between points, seconds.
    """

    def __init__(self, options: ClassOptions, stride_sec: float) -> None:
        self._options = options
        self._half_sec = stride_sec / 2
        self._longest_sec = options.join_gap_sec + (1 + JITTER) * stride_sec + EPSILON_SEC
        self._join_sec = options.join_gap_sec + EPSILON_SEC
        self.state = CurveState.new(len(options.start_threshold))

    @property
    def idle_sec(self) -> float:
        """After this time without a score, earlier points have no effect, seconds."""
        return float(self._longest_sec.max(initial=0.0))

    def step(self, time_sec: float, values: np.ndarray) -> list[Interval]:
        """Add the next point of the curves.

        Args:
            time_sec: seconds, later than all before.
            values: (C,) scores; NaN where a class has no point here.

        Returns:
            The segments that this point ends finally.
        """
        state, options = self.state, self._options
        known = ~np.isnan(values)
        ended = self._close(known & state.is_open & self._is_broken(time_sec))
        fresh = known & ~(time_sec - state.last_sec <= self._longest_sec)
        high = known & (values >= options.start_threshold) & ~state.is_above
        low = known & (values < options.end_threshold) & state.is_above
        stays = known & state.is_open & ~high & ~low
        if high.any():
            starts_sec = np.full(len(values), time_sec - self._half_sec)
            line = high & ~fresh
            starts_sec[line] = self._crossing(line, options.start_threshold, time_sec, values)
            for place in np.flatnonzero(high).tolist():
                ended += self._rise(
                    place, time_sec, start_sec=float(starts_sec[place]), value=float(values[place])
                )
        inside, outside = stays & state.is_above, stays & ~state.is_above
        state.total[inside] += values[inside]
        state.count[inside] += 1
        if low.any():
            state.end_sec[low] = self._crossing(low, options.end_threshold, time_sec, values)
            state.is_above[low] = False
            state.gap_total[low] = state.gap_count[low] = 0.0
        outside |= low
        state.gap_total[outside] += values[outside]
        state.gap_count[outside] += 1
        state.last_sec[known] = time_sec
        state.last_value[known] = values[known]
        return ended

    def _rise(
        self, place: int, time_sec: float, *, start_sec: float, value: float
    ) -> list[Interval]:
        """Start a segment, or continue the last one, where a curve reaches its start threshold."""
        state, ended = self.state, []
        if state.is_open[place]:
            end_sec = state.end_sec[place]
            joins = start_sec - end_sec <= self._join_sec[place]
            if joins and time_sec - end_sec <= self._longest_sec[place]:
                state.is_above[place] = True
                state.total[place] += state.gap_total[place] + value
                state.count[place] += state.gap_count[place] + 1
                return []
            ended = self._close(np.array([place]))
        state.is_open[place] = state.is_above[place] = True
        state.start_sec[place] = start_sec
        state.total[place], state.count[place] = value, 1
        return ended

    def _crossing(
        self, where: np.ndarray, threshold: np.ndarray, time_sec: float, values: np.ndarray
    ) -> np.ndarray:
        """Return when the line from the last point to this one meets the threshold, seconds."""
        before_sec, before = self.state.last_sec[where], self.state.last_value[where]
        part = (threshold[where] - before) / (values[where] - before)
        return before_sec + part * (time_sec - before_sec)

    def _is_broken(self, time_sec: float) -> np.ndarray:
        """Return (C,) whether a point at this time is too late to be joined to the last one."""
        return time_sec - self.state.last_sec > self._longest_sec

    def settle(self, next_sec: float) -> list[Interval]:
        """Return the segments that no point from ``next_sec`` on can change."""
        state = self.state
        is_past = state.last_sec - state.end_sec > self._join_sec
        is_past |= next_sec - state.end_sec > self._longest_sec
        return self._close(state.is_open & (~state.is_above & is_past | self._is_broken(next_sec)))

    def finish(self) -> list[Interval]:
        """Return the remaining segments; nothing more comes."""
        return self._close(self.state.is_open)

    def ongoing(self) -> list[Interval]:
        """Return the segments that may still grow, as they are now; nothing changes."""
        return self._runs(np.flatnonzero(self.state.is_open))

    def _close(self, where: np.ndarray) -> list[Interval]:
        """End the segments there and return those that are long enough."""
        places = np.flatnonzero(where) if where.dtype == bool else where
        runs = self._runs(places)
        self.state.is_open[places] = self.state.is_above[places] = False
        shortest = self._options.min_length_sec - EPSILON_SEC
        return [run for run in runs if run.end_sec - run.start_sec >= shortest[run.class_index]]

    def _runs(self, places: np.ndarray) -> list[Interval]:
        state = self.state
        ends = np.where(state.is_above, state.last_sec + self._half_sec, state.end_sec)
        return [
            Interval(
                int(place),
                float(state.start_sec[place]),
                float(ends[place]),
                float(state.total[place] / state.count[place]),
            )
            for place in places
        ]
