"""Tell things that a network takes for people from people: a second look at what never moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from stad.utils.boxes import box_iou

# A box that stays at one place is looked at again after the first time, after a failed look, and
# once more from time to time.
FIRST_CHECK_SEC, RETRY_SEC, NEXT_CHECK_SEC = 0.4, 0.3, 5.0
# It is a thing if this many looks in a row do not find it.
MAX_FAILED = 3
# What moves, so that its boxes overlap less, is a person. What does not is found at the same place.
MOVED_IOU, SAME_IOU = 0.5, 0.4
# A place is forgotten when nothing was found there for this time.
MEMORY_SEC = 10.0
# Minimum score of the second look at a person.
CHECK_SCORE = 0.25


@dataclass
class _Place:
    """Something that was taken for a person.

    Attributes:
        first_box, box: (4,) xyxy, the first and the last.
        first_sec, last_sec: their times, seconds.
        checked_sec: time of the last check.
        has_moved: it left its first place.
        num_failed: looks in a row that did not find it.
    """

    first_box: np.ndarray
    box: np.ndarray
    first_sec: float
    last_sec: float
    checked_sec: float = -1e9
    has_moved: bool = False
    num_failed: int = 0

    def is_due(self, time_sec: float) -> bool:
        """Return whether to look again."""
        doubtful = 0 < self.num_failed < MAX_FAILED
        wait_sec = RETRY_SEC if doubtful else NEXT_CHECK_SEC
        return (
            not self.has_moved
            and time_sec - self.first_sec >= FIRST_CHECK_SEC
            and time_sec - self.checked_sec >= wait_sec
        )


class PhantomCheck:
    """Drop small boxes that never move and that a second look at another size does not confirm.

    Args:
        threshold: minimum score of a box that certainly is a person, in [0, 1].
    """

    def __init__(self, *, threshold: float) -> None:
        self._threshold = threshold
        self._places: list[_Place] = []

    def filter(
        self,
        found: np.ndarray,
        time_sec: float,
        *,
        look: Callable[[np.ndarray], np.ndarray],
        is_background: Callable[[np.ndarray], bool],
    ) -> np.ndarray:
        """Return the boxes that are people.

        Args:
            found: (K, 5) xyxy and score.
            time_sec: seconds; times ascend.
            look: returns what a look at a box alone finds; called once at most.
            is_background: returns whether a box holds only what was there before.
        """
        self._places = [one for one in self._places if time_sec - one.last_sec <= MEMORY_SEC]
        keep = np.ones(len(found), bool)
        taken: set[int] = set()
        may_look = True
        for i in np.argsort(-found[:, 4], kind="stable"):
            place = self._place(found[i], time_sec, taken, is_background)
            if place is None:
                continue
            if may_look and place.is_due(time_sec):
                may_look = False
                is_found = _confirms(place.box, look(place.box))
                place.checked_sec = time_sec
                place.num_failed = 0 if is_found else place.num_failed + 1
            keep[i] = place.has_moved or place.num_failed < MAX_FAILED
        return found[keep]

    def _place(
        self,
        row: np.ndarray,
        time_sec: float,
        taken: set[int],
        is_background: Callable[[np.ndarray], bool],
    ) -> _Place | None:
        """Return the place of a box; a certain box makes a new one."""
        box = row[:4].copy()
        places = np.array([one.box for one in self._places]).reshape(-1, 4)
        overlaps = box_iou(box[None], places)[0]
        overlaps[list(taken)] = 0
        if len(overlaps) and overlaps.max() >= SAME_IOU:
            index = int(overlaps.argmax())
            place = self._places[index]
            place.box, place.last_sec = box, time_sec
            if not place.has_moved:
                place.has_moved = box_iou(box[None], place.first_box[None]).item() < MOVED_IOU
        elif row[4] >= self._threshold:
            index, place = len(self._places), _Place(box, box, time_sec, time_sec)
            if is_background(box):
                # Not shown until a look confirms it, now.
                place.first_sec, place.num_failed = time_sec - FIRST_CHECK_SEC, MAX_FAILED
            self._places.append(place)
        else:
            return None
        taken.add(index)
        return place

    def state(self) -> list[dict[str, Any]]:
        """Return what ``restore`` takes, as JSON values."""
        return [
            {**vars(one), "first_box": one.first_box.tolist(), "box": one.box.tolist()}
            for one in self._places
        ]

    def restore(self, state: list[dict[str, Any]]) -> None:
        """Continue from the state of an earlier run."""
        self._places = [
            _Place(**{**one, "first_box": np.array(one["first_box"]), "box": np.array(one["box"])})
            for one in state
        ]


def _confirms(box: np.ndarray, seen: np.ndarray) -> bool:
    sure = seen[seen[:, 4] >= CHECK_SCORE]
    return len(sure) > 0 and box_iou(box[None], sure[:, :4]).max() >= SAME_IOU
