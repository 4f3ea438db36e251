"""Per-actor scores over time -> segments with a start, an end, a label and a score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stad.structures import Keyframe, Segment


@dataclass
class _Open:
    """A segment that may still grow."""

    first_sec: float
    last_sec: float
    total: float
    count: int


class Localizer:
    """Joins keyframes whose score reaches the threshold into segments, as they come.

    A keyframe speaks for half a stride before and after it. A label that is missed for no more
    than ``join_gap_sec`` goes on.

    Args:
        stride_sec: time between keyframes, seconds.
        threshold: score from which an action counts, in [0, 1].
        join_gap_sec: the longest gap that is closed; default one missed keyframe.
        allowed: class indices to keep; None for all.
    """

    def __init__(
        self,
        stride_sec: float,
        threshold: float,
        *,
        join_gap_sec: float | None = None,
        allowed: frozenset[int] | None = None,
    ) -> None:
        self._stride_sec = stride_sec
        self._threshold = threshold
        self._join_sec = stride_sec + (stride_sec if join_gap_sec is None else join_gap_sec) + 1e-6
        self._allowed = allowed
        self._open: dict[tuple[int, int], _Open] = {}
        self._start_sec: float | None = None

    def update(self, keyframe: Keyframe) -> list[Segment]:
        """Take the next keyframe; give the segments that have ended by now."""
        time_sec = keyframe.time_sec
        if self._start_sec is None:
            self._start_sec = time_sec
        ended = [k for k, s in self._open.items() if time_sec - s.last_sec > self._join_sec]
        segments = self._close(ended, end_sec=np.inf)
        rows, classes = np.nonzero(keyframe.scores >= self._threshold)
        for row, class_index in zip(rows.tolist(), classes.tolist(), strict=True):
            if self._allowed is not None and class_index not in self._allowed:
                continue
            key = (int(keyframe.actors.ids[row]), class_index)
            score = float(keyframe.scores[row, class_index])
            current = self._open.get(key)
            if current:
                current.last_sec = time_sec
                current.total += score
                current.count += 1
            else:
                self._open[key] = _Open(time_sec, time_sec, score, 1)
        return segments

    def finish(self, end_sec: float) -> list[Segment]:
        """Nothing more comes; give the rest, cut at the end of the video, ``end_sec``."""
        return self._close(list(self._open), end_sec=end_sec)

    def _close(self, keys: list[tuple[int, int]], *, end_sec: float) -> list[Segment]:
        half_sec = self._stride_sec / 2
        segments = []
        for key in keys:
            held = self._open.pop(key)
            segments.append(
                Segment(
                    actor_id=key[0],
                    class_index=key[1],
                    start_sec=max(held.first_sec - half_sec, self._start_sec or 0.0),
                    end_sec=max(min(held.last_sec + half_sec, end_sec), held.first_sec),
                    score=held.total / held.count,
                )
            )
        return sorted(segments, key=lambda s: (s.start_sec, s.actor_id, s.class_index))
