"""Give people ids that stay over time, from their first certain box on."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import supervision as sv

from stad.actors.reach import Candidates, best_pairs, centres, closeness
from stad.actors.tracker_options import MEMORY_SEC
from stad.actors.trackers import DEFAULT_TRACKER, build_tracker
from stad.structures import Actors
from stad.utils.boxes import box_iou

# Weak boxes of a person up to this time before the second certain one belong to them too.
BACKFILL_SEC = 1.0
BACKFILL_IOU = 0.1
# Speeds are measured over this time.
SPEED_SEC = 1.0
# The weight of the library's tracker falls by 1/e for each of these times between detections.
LIBRARY_SEC = 0.2
# A slow machine detects less often than planned. After a longer pause than this, plus the memory,
# the clock must have jumped, and people are new.
MAX_STEP_SEC = 3.0
EPSILON_SEC = 1e-3
# A detector that follows people itself says whom it found: that counts where little else does.
SAME_NUMBER_FIT = 0.3


@dataclass
class FollowCounts:
    """Count the detections that were followed from one moment to another.

    Attributes:
        num_detections: boxes with at least the score that starts a track.
        num_alone: those of them that belong to no other detection: before and after them the
            person was not found near enough.
    """

    num_detections: int = 0
    num_alone: int = 0

    def report(self) -> str:
        """Return a sentence about detections that could not be followed, if any."""
        if not self.num_alone:
            return ""
        return (
            f"{self.num_alone} of {self.num_detections} detections above the threshold could not "
            "be followed: each is shown with an id of its own"
        )


@dataclass
class _Track:
    """The state of one person.

    ``library_id`` is that of the library's tracker, ``number`` that of the detector.
    """

    actor_id: int
    time_sec: float
    box: np.ndarray
    first_sec: float
    first_box: np.ndarray
    num_seen: int = 0
    missed_sec: float | None = None
    library_id: int = -1
    number: int = -1
    is_sure: bool = False
    is_counted_alone: bool = False
    seen: deque[tuple[float, np.ndarray]] = field(default_factory=deque)

    def velocity(self) -> np.ndarray:
        """Return (2,) pixels per second; NaN for a person who was seen once."""
        begin_sec, begin = self.seen[0]
        end_sec, end = self.seen[-1]
        if end_sec <= begin_sec:
            return np.full(2, np.nan)
        return (end - begin) / (end_sec - begin_sec)

    def add_box(self, time_sec: float, box: np.ndarray, *, is_sure: bool) -> None:
        """Add the next box; ``is_sure``: its score starts a track."""
        self.is_sure |= is_sure
        self.time_sec, self.box, self.missed_sec = time_sec, box, None
        self.num_seen += 1
        self.seen.append((time_sec, centres(box[None])[0]))
        while len(self.seen) > 2 and self.seen[0][0] < time_sec - SPEED_SEC - EPSILON_SEC:
            self.seen.popleft()


class ActorTracker:
    """Give people ids with a tracker of the trackers library, and follow those it loses.

    The library's tracker joins boxes that overlap where it expects the person, and confirms an id
    late. Here every certain box has an id at once: that of a person who was seen before and can
    have moved there since, as fast as people walk and run, or a new one. The id stays when the
    library's tracker confirms the person. Ids count from 1, and none is used twice.

    Args:
        rate: usual number of detections per second.
        max_gap_sec: how long a person keeps the id, from the first detection that does not find
            them, seconds.
        start_score: minimum score of a person, in [0, 1].
        name: name of the library's tracker.
        options: its parameters, as ``parse_tracker_options`` returns them.
        counts: updated with each detection; None for new ones.

    Raises:
        InputError: there is no such tracker, or it refuses the options.
    """

    def __init__(
        self,
        *,
        rate: float,
        max_gap_sec: float = MEMORY_SEC,
        start_score: float = 0.5,
        name: str = DEFAULT_TRACKER,
        options: Mapping[str, Any] | None = None,
        counts: FollowCounts | None = None,
    ) -> None:
        self._library = build_tracker(
            name,
            options or {},
            rate=rate,
            # The library counts from the last detection that found the person.
            memory_sec=max_gap_sec + 1 / rate,
            start_score=start_score,
        )
        self._memory_sec, self._start_score = max_gap_sec, np.float32(start_score)
        self._longest_step_sec = max(1.5 / rate, MAX_STEP_SEC)
        self.counts = FollowCounts() if counts is None else counts
        self._tracks: list[_Track] = []
        self._unnamed: deque[tuple[float, Actors]] = deque()
        self._last_sec = -np.inf
        self._last_id = 0

    def update(self, time_sec: float, detected: Actors) -> list[tuple[float, Actors]]:
        """Add the people detected at one time; times ascend.

        Args:
            time_sec: seconds.
            detected: K people; ids of 0 or more are the detector's guess which of its people it
                is, -1 is none.

        Returns:
            (time, actors) pairs, ascending: earlier weak boxes of people who are now seen for the
            second time, at most ``BACKFILL_SEC`` old, then the actors of this time.
        """
        self._drop_old(time_sec)
        library_ids = self._library_ids(time_sec, detected)
        found = self._pair(time_sec, detected, library_ids)
        earlier = self._update_tracks(time_sec, detected, found)
        ids = np.array([found[i].actor_id if i in found else -1 for i in range(len(detected))])
        named = Actors.from_arrays(detected.boxes, detected.scores, ids)
        self._unnamed.append((time_sec, named[named.ids < 0]))
        self._last_sec = time_sec
        return [*earlier, (time_sec, named[named.ids > 0])]

    def _drop_old(self, time_sec: float) -> None:
        """Drop the people who cannot have a box at this time or later."""
        oldest_sec = time_sec - self._memory_sec - EPSILON_SEC
        self._tracks = [
            one
            for one in self._tracks
            if (one.missed_sec is None or one.missed_sec >= oldest_sec)
            and one.time_sec >= oldest_sec - self._longest_step_sec
        ]
        while self._unnamed and self._unnamed[0][0] < time_sec - BACKFILL_SEC - EPSILON_SEC:
            self._unnamed.popleft()

    def _library_ids(self, time_sec: float, detected: Actors) -> np.ndarray:
        """Return the (K,) ids of the library's tracker, -1 for none."""
        tracked = self._library.update(
            sv.Detections(
                xyxy=detected.boxes.astype(np.float64),
                confidence=detected.scores.astype(np.float64),
                # Trackers change the order of boxes.
                data={"place": np.arange(len(detected))},
            ),
            timestamp=time_sec,
        )
        ids = np.full(len(detected), -1)
        if len(tracked):
            ids[np.asarray(tracked.data["place"])] = tracked.tracker_id
        return ids

    def _pair(
        self, time_sec: float, detected: Actors, library_ids: np.ndarray
    ) -> dict[int, _Track]:
        """Return the track of each certain box and of each box with an id of the library's tracker.

        Overlap tells people apart while they hardly move between detections; distance and speed
        do it at any rate. So the library's tracker counts less the more time has passed.
        """
        is_person = (detected.scores >= self._start_score) | (library_ids >= 0)
        places = np.flatnonzero(is_person)
        found: dict[int, _Track] = {}
        if len(places) and self._tracks:
            people = self._candidates(time_sec)
            fit = closeness(people, detected.boxes[places])
            known = [one.library_id for one in self._tracks]
            agrees = (library_ids[places] >= 0) & np.equal.outer(known, library_ids[places])
            step_sec = people.gaps_sec - people.hidden_sec
            fit += agrees * np.exp(-step_sec / LIBRARY_SEC)[:, None]
            numbers, seen = [one.number for one in self._tracks], detected.ids[places]
            fit += SAME_NUMBER_FIT * (np.equal.outer(numbers, seen) & (seen >= 0))
            for row, column in best_pairs(fit):
                found[int(places[column])] = self._tracks[row]
        for place in places.tolist():
            if place not in found:
                found[place] = self._new_track(time_sec, detected.boxes[place])
            self._bind(found[place], int(library_ids[place]))
            if detected.ids[place] >= 0:
                found[place].number = int(detected.ids[place])
        return found

    def _candidates(self, time_sec: float) -> Candidates:
        seen_sec = np.array([track.time_sec for track in self._tracks])
        return Candidates(
            boxes=np.array([track.box for track in self._tracks], np.float64),
            velocities=np.array([track.velocity() for track in self._tracks]),
            gaps_sec=time_sec - seen_sec,
            hidden_sec=np.maximum(self._last_sec - seen_sec, 0.0),
        )

    def _new_track(self, time_sec: float, box: np.ndarray) -> _Track:
        self._last_id += 1
        track = _Track(self._last_id, time_sec, box, time_sec, box)
        self._tracks.append(track)
        return track

    def _bind(self, track: _Track, library_id: int) -> None:
        """Link a person to an id of the library's tracker from now on."""
        if library_id < 0:
            return
        for other in self._tracks:
            if other.library_id == library_id:
                other.library_id = -1
        track.library_id = library_id

    def _update_tracks(
        self, time_sec: float, detected: Actors, found: dict[int, _Track]
    ) -> list[tuple[float, Actors]]:
        """Update the tracks and counts; return earlier boxes of people seen for the second time."""
        sure = detected.scores >= self._start_score
        self.counts.num_detections += int(sure.sum())
        earlier: list[tuple[float, Actors]] = []
        for place, track in sorted(found.items()):
            track.add_box(time_sec, detected.boxes[place], is_sure=bool(sure[place]))
            if track.num_seen == 2:
                earlier += self._backfill(track)
                self.counts.num_alone -= track.is_counted_alone
        for track in self._tracks:
            if track.time_sec == time_sec or track.missed_sec is not None:
                continue
            track.missed_sec = time_sec
            # Only now: a person who is found for the first time may still be followed.
            track.is_counted_alone = track.num_seen == 1 and track.is_sure
            self.counts.num_alone += track.is_counted_alone
        return sorted(earlier, key=lambda pair: pair[0])

    def _backfill(self, track: _Track) -> list[tuple[float, Actors]]:
        """Return the weak boxes before the first certain one, back to where none overlaps."""
        filled, box = [], track.first_box
        for position in reversed(range(len(self._unnamed))):
            time_sec, unnamed = self._unnamed[position]
            if time_sec >= track.first_sec:
                continue
            overlap = box_iou(box[None], unnamed.boxes)[0]
            if not len(unnamed) or overlap.max() < BACKFILL_IOU:
                break
            best = int(overlap.argmax())
            box = unnamed.boxes[best]
            filled.append(
                (time_sec, Actors.from_arrays([box], [unnamed.scores[best]], [track.actor_id]))
            )
            rest = np.arange(len(unnamed)) != best
            self._unnamed[position] = (time_sec, unnamed[rest])
        return filled
