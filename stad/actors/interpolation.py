"""Interpolate the boxes of each person between the times at which they were detected."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from stad.structures import Actors

# A person is shown between two detections that are at most this far apart.
MAX_GAP_SEC = 1.0
EPSILON_SEC = 1e-6


@dataclass
class _Path:
    """The observed boxes of one actor, ascending in time."""

    times_sec: list[float] = field(default_factory=list)
    boxes: list[np.ndarray] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)


class DenseTracks:
    """Return actor boxes at any time, interpolated between the times of their detections.

    Two boxes of one id are joined linearly if they are at most ``max_gap_sec`` apart, or if no
    detection ran between them. Before the first and after the last box the person stays there
    until halfway to the detection that did not find them, or for ``hold_sec`` where the time of
    that detection is unknown.

    Memory is bounded by the actors of the last ``max_gap_sec`` if ``drop_before`` is called.

    Args:
        max_gap_sec: see above, seconds; a person who is hidden for longer is not shown meanwhile.
        hold_sec: half the usual time between two detections, seconds.
    """

    def __init__(self, *, max_gap_sec: float = MAX_GAP_SEC, hold_sec: float = 0.0) -> None:
        self._max_gap_sec = max_gap_sec
        self._hold_sec = hold_sec
        self._paths: dict[int, _Path] = {}
        self._detection_sec: list[float] = []
        self._until_sec = -np.inf
        self._finished = False

    def add(self, time_sec: float, actors: Actors) -> None:
        """Add the actors of one time, which may be earlier than the last by up to the gap."""
        for box, score, actor_id in zip(actors.boxes, actors.scores, actors.ids, strict=True):
            path = self._paths.setdefault(int(actor_id), _Path())
            at = int(np.searchsorted(path.times_sec, time_sec))
            path.times_sec.insert(at, time_sec)
            path.boxes.insert(at, box.astype(np.float64))
            path.scores.insert(at, float(score))

    def advance_to(self, time_sec: float, *, is_look: bool = False) -> None:
        """Note that all detections up to this time were added, whether they found people or not.

        Args:
            time_sec: seconds; times ascend.
            is_look: a detector ran, so that people without a box were not found; a file of boxes
                tells nothing about the times between its rows.
        """
        self._until_sec = max(self._until_sec, time_sec)
        if is_look:
            self._detection_sec.append(time_sec)

    def finish(self) -> None:
        """Note that nothing more is added: people in the last detection stay to the end."""
        self._finished = True

    @property
    def final_until_sec(self) -> float:
        """The time up to which boxes will not change any more, seconds."""
        return np.inf if self._finished else self._until_sec - self._max_gap_sec

    def at(self, time_sec: float) -> Actors:
        """Return the actors at a time, ids ascending; boxes are interpolated, scores not."""
        found = []
        for actor_id in sorted(self._paths):
            observed = self._interpolate(self._paths[actor_id], time_sec)
            if observed is not None:
                found.append((actor_id, *observed))
        return Actors.from_arrays(
            [box for _, box, _ in found],
            [score for _, _, score in found],
            [actor_id for actor_id, _, _ in found],
        )

    def paths(self, actors: Actors, times_sec: Sequence[float]) -> np.ndarray:
        """Return the boxes of actors over a window around their time.

        Args:
            actors: K actors, as ``at`` returns them at the middle of the window.
            times_sec: T ascending times, seconds; the middle one is the time of the actors.

        Returns:
            (K, T, 4) float32; where an actor is not in view, the nearest box towards the middle.
        """
        middle = len(times_sec) // 2
        found = np.repeat(actors.boxes[:, None], len(times_sec), axis=1)
        order = [*range(middle - 1, -1, -1), *range(middle + 1, len(times_sec))]
        for position in order:
            inner = position + (1 if position < middle else -1)
            boxes = self.at(times_sec[position])
            row = {actor_id: i for i, actor_id in enumerate(boxes.ids.tolist())}
            for i, actor_id in enumerate(actors.ids.tolist()):
                known = row.get(actor_id)
                found[i, position] = found[i, inner] if known is None else boxes.boxes[known]
        return found

    def _interpolate(self, path: _Path, time_sec: float) -> tuple[np.ndarray, float] | None:
        """Return the box and score of a person at a time, None where the person is not in view."""
        right = int(np.searchsorted(path.times_sec, time_sec))
        has_left, has_right = right > 0, right < len(path.times_sec)
        if has_right and path.times_sec[right] == time_sec:
            return path.boxes[right], path.scores[right]
        if has_left and has_right:
            before_sec, after_sec = path.times_sec[right - 1], path.times_sec[right]
            if self._are_joined(before_sec, after_sec):
                part = (time_sec - before_sec) / (after_sec - before_sec)
                box = path.boxes[right - 1] * (1 - part) + path.boxes[right] * part
                return box, min(path.scores[right - 1], path.scores[right])
        if has_left:
            seen_sec = path.times_sec[right - 1]
            if time_sec - seen_sec <= self._hold_after(seen_sec) + EPSILON_SEC:
                return path.boxes[right - 1], path.scores[right - 1]
        if has_right:
            seen_sec = path.times_sec[right]
            if seen_sec - time_sec <= self._hold_before(seen_sec) + EPSILON_SEC:
                return path.boxes[right], path.scores[right]
        return None

    def _are_joined(self, before_sec: float, after_sec: float) -> bool:
        if after_sec - before_sec <= self._max_gap_sec + EPSILON_SEC:
            return True
        times_sec = self._detection_sec
        following = bisect_right(times_sec, before_sec)
        was_detected = following > 0 and times_sec[following - 1] == before_sec
        return was_detected and following < len(times_sec) and times_sec[following] >= after_sec

    def _hold_after(self, seen_sec: float) -> float:
        """Return how long a person stays at the last box, seconds."""
        following = bisect_right(self._detection_sec, seen_sec)
        if following < len(self._detection_sec):
            return (self._detection_sec[following] - seen_sec) / 2
        if self._finished and seen_sec >= self._until_sec - 2 * self._hold_sec:
            return 2 * self._hold_sec
        return self._hold_sec

    def _hold_before(self, seen_sec: float) -> float:
        """Return how long before the first box a person is shown there, seconds."""
        place = bisect_left(self._detection_sec, seen_sec)
        if place > 0:
            return (seen_sec - self._detection_sec[place - 1]) / 2
        return self._hold_sec

    def drop_before(self, time_sec: float) -> None:
        """Drop what ``at`` only needs for times before ``time_sec``."""
        limit_sec = time_sec - self._max_gap_sec - self._hold_sec
        place = bisect_right(self._detection_sec, time_sec)
        if place > 0:
            # Two detections of one person may be farther apart than that.
            limit_sec = min(limit_sec, self._detection_sec[place - 1])
        for actor_id in list(self._paths):
            path = self._paths[actor_id]
            count = int(np.searchsorted(path.times_sec, limit_sec))
            del path.times_sec[:count], path.boxes[:count], path.scores[:count]
            if not path.times_sec:
                del self._paths[actor_id]
        # Keep one detection more: the first remaining box may be shown from halfway after it.
        del self._detection_sec[: max(bisect_left(self._detection_sec, limit_sec) - 1, 0)]
