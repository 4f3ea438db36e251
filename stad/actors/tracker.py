"""Boxes over time -> actors with stable ids, and their boxes on every frame between."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import supervision as sv
from trackers import ByteTrackTracker

from stad.evaluation.overlap import box_iou
from stad.structures import Actors

# A track may be unseen this long and keep its id; gaps up to this long are filled in.
MAX_GAP_SEC = 1.0
BACKFILL_IOU = 0.1
BACKFILL_STEPS = 3


class ActorTracker:
    """ByteTrack (Zhang et al. 2022) over person boxes, with ids from a track's first box on.

    ByteTrack names a track only when it has been seen twice; here the boxes before that are
    handed in later, so that nobody appears a step late.

    Args:
        rate: detections per second.
        max_gap_sec: how long a lost person keeps the id.
        start_score: a new track begins at boxes of at least this score.
    """

    def __init__(
        self, *, rate: float, max_gap_sec: float = MAX_GAP_SEC, start_score: float = 0.5
    ) -> None:
        self._tracker = ByteTrackTracker(
            lost_track_buffer=max(1, round(max_gap_sec * 30)),
            frame_rate=rate,
            track_activation_threshold=start_score,
            high_conf_det_threshold=start_score,
            minimum_consecutive_frames=2,
            minimum_iou_threshold=0.15,
        )
        self._start_score = start_score
        self._unnamed: deque[tuple[float, Actors]] = deque(maxlen=BACKFILL_STEPS)
        self._seen: set[int] = set()

    def update(self, time_sec: float, detected: Actors) -> list[tuple[float, Actors]]:
        """Give the people detected at one time; times ascend.

        Args:
            time_sec: seconds.
            detected: K people; their ids are ignored.

        Returns:
            (time, actors) pairs, ascending: earlier boxes of tracks that have just got their
            id, then the actors of this time. Ids count from 1.
        """
        tracked = self._tracker.update(
            sv.Detections(
                xyxy=detected.boxes.astype(np.float64),
                confidence=detected.scores.astype(np.float64),
            )
        )
        # ByteTrack counts from 0 and says -1 for "none yet"; people count from 1.
        ids = tracked.tracker_id + 1 if len(tracked) else np.zeros(0, dtype=int)
        scores = tracked.confidence if len(tracked) else np.zeros(0)
        found = Actors.of(tracked.xyxy, scores, ids)
        named = found[found.ids > 0]
        earlier = self._backfill(named)
        self._unnamed.append((time_sec, found[found.ids <= 0]))
        return [*earlier, (time_sec, named)]

    def finish(self) -> list[tuple[float, Actors]]:
        """The video has ended: who was first seen in the last step gets an id too."""
        if not self._unnamed:
            return []
        time_sec, unnamed = self._unnamed.pop()
        fresh = unnamed[unnamed.scores >= self._start_score]
        first_id = max(self._seen, default=0) + 1
        ids = np.arange(first_id, first_id + len(fresh))
        self._seen.update(ids.tolist())
        return [(time_sec, Actors(boxes=fresh.boxes, scores=fresh.scores, ids=ids))]

    def _backfill(self, named: Actors) -> list[tuple[float, Actors]]:
        """Earlier, still unnamed boxes of the tracks that have just got their id."""
        fresh = named[[track_id not in self._seen for track_id in named.ids.tolist()]]
        self._seen.update(fresh.ids.tolist())
        filled: list[tuple[float, Actors]] = []
        for position in reversed(range(len(self._unnamed))):
            if not len(fresh):
                break
            time_sec, unnamed = self._unnamed[position]
            pairs = _greedy_pairs(box_iou(fresh.boxes, unnamed.boxes), BACKFILL_IOU)
            rows, columns = [row for row, _ in pairs], [column for _, column in pairs]
            taken = unnamed[columns]
            fresh = Actors(boxes=taken.boxes, scores=taken.scores, ids=fresh.ids[rows])
            if len(fresh):
                filled.append((time_sec, fresh))
            self._unnamed[position] = (
                time_sec,
                unnamed[np.setdiff1d(np.arange(len(unnamed)), columns)],
            )
        return filled[::-1]


def _greedy_pairs(overlap: np.ndarray, minimum: float) -> list[tuple[int, int]]:
    """Row-column pairs of largest overlap first, each row and column once."""
    pairs, overlap = [], overlap.copy()
    while overlap.size and overlap.max() >= minimum:
        row, column = np.unravel_index(overlap.argmax(), overlap.shape)
        pairs.append((int(row), int(column)))
        overlap[row], overlap[:, column] = -1, -1
    return pairs


@dataclass
class _Path:
    """The observed boxes of one actor, ascending in time."""

    times_sec: list[float] = field(default_factory=list)
    boxes: list[np.ndarray] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)


class DenseTracks:
    """Actor boxes at any time, interpolated between the times at which they were observed.

    Within ``max_gap_sec`` two observations of one id are joined linearly; before the first and
    after the last one the box stands still for ``hold_sec`` (half a detection interval).

    Memory is bounded by the actors of the last ``max_gap_sec``, as ``drop_before`` is called.
    """

    def __init__(self, *, max_gap_sec: float = MAX_GAP_SEC, hold_sec: float = 0.0) -> None:
        self._max_gap_sec = max_gap_sec
        self._hold_sec = hold_sec
        self._last_hold_sec = hold_sec
        self._paths: dict[int, _Path] = {}
        self._until_sec = -np.inf
        self._finished = False

    def add(self, time_sec: float, actors: Actors) -> None:
        """Add what was observed at one time; late additions within the gap are in order too."""
        for box, score, actor_id in zip(actors.boxes, actors.scores, actors.ids, strict=True):
            path = self._paths.setdefault(int(actor_id), _Path())
            at = int(np.searchsorted(path.times_sec, time_sec))
            path.times_sec.insert(at, time_sec)
            path.boxes.insert(at, box.astype(np.float64))
            path.scores.insert(at, float(score))

    def reached(self, time_sec: float) -> None:
        """Say that detection has come to this time, whether it found anybody or not."""
        self._until_sec = max(self._until_sec, time_sec)

    def finish(self) -> None:
        """Nothing more will be added: whoever was seen last stays to the end."""
        self._finished = True
        self._last_hold_sec = 2 * self._hold_sec

    @property
    def settled_sec(self) -> float:
        """Boxes up to this time will not change any more, seconds."""
        return np.inf if self._finished else self._until_sec - self._max_gap_sec

    def at(self, time_sec: float) -> Actors:
        """The actors at a time, ids ascending; boxes are interpolated, scores those nearby."""
        found = []
        for actor_id in sorted(self._paths):
            observed = self._interpolate(self._paths[actor_id], time_sec)
            if observed is not None:
                found.append((actor_id, *observed))
        return Actors.of(
            [box for _, box, _ in found],
            [score for _, _, score in found],
            [actor_id for actor_id, _, _ in found],
        )

    def paths(self, actors: Actors, times_sec: Sequence[float]) -> np.ndarray:
        """Where actors of one moment are over a window around it.

        Args:
            actors: K of them, as ``at`` gives them at the middle of the window.
            times_sec: T ascending times, the middle one that of the actors.

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
        right = int(np.searchsorted(path.times_sec, time_sec))
        if right < len(path.times_sec) and path.times_sec[right] == time_sec:
            return path.boxes[right], path.scores[right]
        if 0 < right < len(path.times_sec):
            before_sec, after_sec = path.times_sec[right - 1], path.times_sec[right]
            if after_sec - before_sec <= self._max_gap_sec + 1e-6:
                part = (time_sec - before_sec) / (after_sec - before_sec)
                box = path.boxes[right - 1] * (1 - part) + path.boxes[right] * part
                return box, min(path.scores[right - 1], path.scores[right])
        if right > 0 and time_sec - path.times_sec[right - 1] <= self._hold_after(path, right - 1):
            return path.boxes[right - 1], path.scores[right - 1]
        if (
            right < len(path.times_sec)
            and path.times_sec[right] - time_sec <= self._hold_sec + 1e-6
        ):
            return path.boxes[right], path.scores[right]
        return None

    def _hold_after(self, path: _Path, position: int) -> float:
        seen_last = path.times_sec[position] >= self._until_sec - 2 * self._hold_sec
        return (self._last_hold_sec if seen_last else self._hold_sec) + 1e-6

    def drop_before(self, time_sec: float) -> None:
        """Forget what ``at`` needs for times before ``time_sec`` only."""
        limit_sec = time_sec - self._max_gap_sec - self._hold_sec
        for actor_id in list(self._paths):
            path = self._paths[actor_id]
            count = int(np.searchsorted(path.times_sec, limit_sec))
            del path.times_sec[:count], path.boxes[:count], path.scores[:count]
            if not path.times_sec:
                del self._paths[actor_id]
