"""Judge events such as falls: which were found, and which alarms were false."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# An alarm may come this much before the event begins, and begin this long after its end.
TOLERANCE_SEC = 1.0
# An alarm counts as false if more than this fraction of it lies in time that is judged.
MIN_JUDGED = 0.5


class EventCounts(NamedTuple):
    """Events and alarms of some clips.

    Attributes:
        annotated: number of events.
        found: number of events that an alarm overlaps.
        false: number of alarms that overlap no event, in time that is judged.
        quiet_sec: time that is judged and has no event, seconds.
    """

    annotated: int = 0
    found: int = 0
    false: int = 0
    quiet_sec: float = 0.0

    @property
    def false_per_hour(self) -> float:
        """False alarms per hour of ``quiet_sec``; NaN without any such time."""
        return self.false / self.quiet_sec * 3600 if self.quiet_sec else float("nan")

    def __add__(self, other: tuple) -> EventCounts:  # type: ignore[override]
        """Return the counts of both."""
        return EventCounts(*(mine + its for mine, its in zip(self, other, strict=True)))


def count_events(
    events: np.ndarray, alarms: np.ndarray, judged: np.ndarray, *, tolerance_sec: float
) -> EventCounts:
    """Count the events and alarms of one person.

    Args:
        events: (E, 2) float64 start and end, seconds.
        alarms: (D, 2) float64 the same.
        judged: (J, 2) float64 times at which it is known whether there is an event.
        tolerance_sec: events are widened by this on either side.

    >>> events, judged = np.array([[5.0, 6.0]]), np.array([[0.0, 10.0]])
    >>> alarms = np.array([[6.5, 7.0], [1.0, 2.0], [9.0, 15.0]])
    >>> count_events(events, alarms, judged, tolerance_sec=1)
    EventCounts(annotated=1, found=1, false=1, quiet_sec=7.0)
    """
    events, alarms = np.asarray(events).reshape(-1, 2), np.asarray(alarms).reshape(-1, 2)
    wide = events + np.array([-tolerance_sec, tolerance_sec])
    touches = (alarms[:, None, 0] < wide[:, 1]) & (wide[:, 0] < alarms[:, None, 1])
    lengths = alarms[:, 1] - alarms[:, 0]
    is_judged = covered_sec(alarms, judged) > MIN_JUDGED * lengths
    quiet_sec = float(np.diff(union(judged)).sum() - covered_sec(union(wide), judged).sum())
    return EventCounts(
        annotated=len(events),
        found=int(touches.any(axis=0).sum()),
        false=int((is_judged & ~touches.any(axis=1)).sum()),
        quiet_sec=quiet_sec,
    )


def union(spans: np.ndarray) -> np.ndarray:
    """Return spans without overlaps that cover the same time, (U, 2) ascending.

    >>> union(np.array([[4.0, 5.0], [0.0, 2.0], [1.0, 3.0]])).tolist()
    [[0.0, 3.0], [4.0, 5.0]]
    """
    merged: list[list[float]] = []
    for start, end in sorted(np.asarray(spans, np.float64).reshape(-1, 2).tolist()):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return np.array(merged, np.float64).reshape(-1, 2)


def covered_sec(spans: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Return how much of each span the others cover, (N,) seconds.

    Args:
        spans: (N, 2) start and end, seconds.
        by: (M, 2) the same.
    """
    spans, by = np.asarray(spans, np.float64).reshape(-1, 1, 2), union(by)
    shared = np.minimum(spans[..., 1], by[:, 1]) - np.maximum(spans[..., 0], by[:, 0])
    return shared.clip(min=0).sum(axis=1)
