"""Tell things that a network takes for people from people: a second look at what never moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stad.actors.detectors.scene import Scene
from stad.utils.boxes import box_iou

# A box is looked at again after so long at one place, and so long after that while it stays.
FIRST_CHECK_SEC, RETRY_SEC, NEXT_CHECK_SEC = 0.4, 0.3, 5.0
# It is a thing if so many looks in a row do not find it.
MAX_FAILED = 3
# What leaves its place, so that the boxes overlap less, is a person.
MOVED_IOU = 0.3
SAME_IOU = 0.4
# A place is forgotten when nothing was found there for this time.
MEMORY_SEC = 10.0
# Minimum score of the second look at a person.
CHECK_SCORE = 0.25


@dataclass
class _Place:
    """Something that was taken for a person.

    Attributes:
        first_box, box: (4,) xyxy, the first and the last.
        first_sec, last_sec: their times.
        checked_sec: time of the last check.
        has_moved: it left its first place.
        num_failed: looks in a row that did not find it.
    """

    first_box: np.ndarray
    box: np.ndarray
    first_sec: float
    last_sec: float
    checked_sec: float = -np.inf
    has_moved: bool = False
    num_failed: int = 0


class PhantomCheck:
    """Drop boxes that never move and that a second look at another size does not confirm.

    Args:
        threshold: minimum score of a box that certainly is a person, in [0, 1].
    """

    def __init__(self, *, threshold: float) -> None:
        self._threshold = threshold
        self._places: list[_Place] = []

    def forget(self) -> None:
        """Forget all places."""
        self._places = []

    def filter(
        self,
        found: np.ndarray,
        time_sec: float,
        scene: Scene,
        look: Callable[[np.ndarray], np.ndarray | None],
    ) -> np.ndarray:
        """Return the boxes that are people.

        Args:
            found: (K, 5) xyxy and score.
            time_sec: seconds; times ascend.
            scene: at this time.
            look: returns what a look at a box alone finds; None if there are too many looks.
        """
        self._places = [one for one in self._places if time_sec - one.last_sec <= MEMORY_SEC]
        keep = np.ones(len(found), bool)
        taken: set[int] = set()
        for i in np.argsort(-found[:, 4], kind="stable"):
            place = self._place(found[i], time_sec, taken)
            if place is None:
                continue
            if self._is_due(place, time_sec):
                seen = look(place.box)
                if seen is not None:
                    place.checked_sec = time_sec
                    failed = not _confirms(place.box, seen)
                    place.num_failed = place.num_failed + 1 if failed else 0
            keep[i] = place.has_moved or place.num_failed < MAX_FAILED
        return found[keep]

    def _place(self, row: np.ndarray, time_sec: float, taken: set[int]) -> _Place | None:
        """Return the place of a box; a certain box makes a new one."""
        box = row[:4]
        overlaps = [
            0.0 if i in taken else box_iou(box[None], one.box[None]).item()
            for i, one in enumerate(self._places)
        ]
        if overlaps and max(overlaps) >= SAME_IOU:
            index = int(np.argmax(overlaps))
            place = self._places[index]
            place.box, place.last_sec = box.copy(), time_sec
            apart = box_iou(box[None], place.first_box[None]).item() < MOVED_IOU
            place.has_moved |= apart
        elif row[4] >= self._threshold:
            index, place = len(self._places), _Place(box.copy(), box.copy(), time_sec, time_sec)
            self._places.append(place)
        else:
            return None
        taken.add(index)
        return place

    def _is_due(self, place: _Place, time_sec: float) -> bool:
        doubtful = 0 < place.num_failed < MAX_FAILED
        wait_sec = RETRY_SEC if doubtful else NEXT_CHECK_SEC
        return (
            not place.has_moved
            and time_sec - place.first_sec >= FIRST_CHECK_SEC
            and time_sec - place.checked_sec >= wait_sec
        )


def _confirms(box: np.ndarray, seen: np.ndarray) -> bool:
    sure = seen[seen[:, 4] >= CHECK_SCORE]
    return len(sure) > 0 and box_iou(box[None], sure[:, :4]).max() >= SAME_IOU
