"""Follow people whom the ordinary look at a frame loses: who fall, lie, bend, or come close."""

from __future__ import annotations

from typing import Any

import numpy as np

from stad.actors.detectors.fitting import (
    DOUBLE_RATIO,
    MAX_GROWTH,
    MIN_GROWTH,
    SAME_IOU,
    best_row,
    changed_around,
    is_background,
    match_rows,
    tightened,
    worth,
)
from stad.actors.detectors.known import (
    Known,
    area,
    boxes_of,
    common,
    distances,
    longer_side,
)
from stad.actors.detectors.looks import VIEWS, FrameLooks
from stad.actors.detectors.scene import Scene
from stad.utils.boxes import box_intersection, box_iou

# Looks in one detection for one of several people.
MAX_LOOKS_EACH, MAX_LOOKS_AT_BORDER = 9, 3
# A person is searched in every detection for this time; then so often, for longer where something
# that is not background is left.
MEMORY_SEC, FOREGROUND_SEC, AGAIN_SEC = 2.0, 10.0, 1.0
# Someone around whom nothing changes is still there for this time, although no look finds them. A
# person must have been found so often before.
REST_SEC, REST_FINDS = 60.0, 3
# Nothing changed if at most this fraction of the box did. If not more than the second one did, the
# person moved a little and is still there, up to a shorter time.
SAME_RATIO, ALIKE_RATIO, ALIKE_SEC = 0.12, 0.4, 10.0
# Where no look finds a person who moved, the change is followed for this time, if it is near, about
# as large as the person, and so much of the background around is known.
CHANGE_SEC, CHANGE_SIDES, CHANGE_AREAS, KNOWN_RATIO = 5.0, 0.8, (0.35, 1.8), 0.5
# Where so much is known, and nothing else is there, the person left.
SURELY_KNOWN_RATIO = 0.8
# Who is this near to the border, in shorter sides of the frame, may have left.
BORDER_RATIO = 0.02
# A box that is worth so much ends a search.
SURE_WORTH = 0.25
# A smaller box of which this fraction is inside a person's is part of the person.
PART_RATIO = 0.8
# Overlap of two boxes that are certainly of one body, and of a weak one with a person's.
ONE_IOU, WEAK_DOUBLE_IOU = 0.45, 0.1


class Following:
    """The large people of a stream, and where they are in its current frame.

    Args:
        threshold: minimum score of a box that certainly is a person, in [0, 1].
        scene: at the time of the current frame.

    Attributes:
        people: those who are known.
    """

    def __init__(self, *, threshold: float, scene: Scene) -> None:
        self._threshold, self._scene = threshold, scene
        self.people: list[Known] = []
        self._last_number = 0
        self._time_sec = 0.0

    def follow(self, found: np.ndarray, looks: FrameLooks, time_sec: float) -> np.ndarray:
        """Find the known people in the boxes of the first look, or by more looks.

        Args:
            found: (K, 5) xyxy and score, of the first look.
            looks: at the current frame.
            time_sec: seconds; times ascend.

        Returns:
            (K', 5) people.
        """
        self._looks, self._time_sec = looks, time_sec
        rows = match_rows(self.people, found, threshold=self._threshold, scene=self._scene)
        free = found[[i for i in range(len(found)) if i not in rows.values()]]
        seen = {index: found[row] for index, row in rows.items()}
        for index, row in seen.items():
            self.people[index].note(row, time_sec, self._scene)
        free = self._join_doubles(free, seen)
        missing = [i for i in range(len(self.people)) if i not in seen]
        lost: list[int] = []
        for index in sorted(missing, key=lambda i: self.people[i].looked_sec):
            one = self.people[index]
            others = np.array([row[:4] for row in seen.values()]).reshape(-1, 4)
            others = np.concatenate((others, free[free[:, 4] >= self._threshold, :4]))
            if self._is_double(one, others):
                lost.append(index)
                continue
            row = self._find_again(one, others, free)
            if row is not None:
                seen[index] = row
            elif self._is_gone(one, others):
                lost.append(index)
        new = self.without_parts(free)
        self.people = [one for i, one in enumerate(self.people) if i not in lost]
        self.add(new)
        return np.concatenate([np.array(list(seen.values())).reshape(-1, 5), new])

    def add(self, found: np.ndarray) -> None:
        """Add the certain and large ones of (K, 5) boxes to the known people."""
        for row in found[(found[:, 4] >= self._threshold) & self._looks.is_large(found)]:
            self._last_number += 1
            self.people.append(Known.new(self._last_number, row, self._time_sec, self._scene))

    def numbers(self, found: np.ndarray) -> np.ndarray:
        """Return (K,) numbers of known people whose boxes these are, -1 for all others."""
        numbers = np.full(len(found), -1)
        for one in self.people:
            numbers[(found[:, :4] == one.box).all(axis=1)] = one.number
        return numbers

    def lost_boxes(self) -> np.ndarray:
        """Return the (N, 4) last boxes of people whom no look found for a short time."""
        lost = [one for one in self.people if one.found_sec < self._time_sec]
        lost = [one for one in lost if self._time_sec - one.found_sec <= MEMORY_SEC]
        return np.array([one.seen_box for one in lost]).reshape(-1, 4)

    def row(self, one: Known) -> np.ndarray:
        """Return (5,) xyxy and score of a person who is known to be there."""
        return np.append(one.box, max(one.score, self._threshold))

    def take_over(self, found: np.ndarray, more: np.ndarray) -> np.ndarray:
        """Take what a search found beside a person whom no look finds any more for that person.

        Args:
            found: (K, 5) people.
            more: (N, 5) what a search for new people found.

        Returns:
            (K', 5) people.
        """
        for row in more:
            lost = [one for one in self.people if one.found_sec < self._time_sec]
            near = np.flatnonzero(distances(boxes_of(lost), row[None])[:, 0] <= 1)
            weaker = [lost[i] for i in near if lost[i].score <= row[4]]
            for one in weaker[:1]:
                found = found[~(found[:, :4] == one.box).all(axis=1)]
                one.note(row, self._time_sec, self._scene)
                found = np.concatenate((found, self.row(one)[None]))
        return found

    def without_parts(self, found: np.ndarray) -> np.ndarray:
        """Drop boxes that are parts of known people, and weak ones at known people."""
        if not len(found) or not self.people:
            return found
        people = boxes_of(self.people)
        sizes = (found[:, 2:4] - found[:, :2]).prod(axis=1)
        inside = (box_intersection(found, people) / sizes[:, None]).max(axis=1)
        overlap = box_iou(found[:, :4], people).max(axis=1)
        weak = found[:, 4] < self._threshold
        part = (inside >= PART_RATIO) | (overlap >= ONE_IOU)
        return found[~(part | (weak & (overlap >= WEAK_DOUBLE_IOU)))]

    def _join_doubles(self, free: np.ndarray, seen: dict[int, np.ndarray]) -> np.ndarray:
        """Look again where a new box and a known person may be one body; return other new boxes."""
        for index, row in seen.items():
            strong = np.flatnonzero(free[:, 4] >= self._threshold)
            shared = common(free[strong], row[None])[:, 0]
            if not len(strong) or shared.max() < DOUBLE_RATIO or self._looks.left <= 0:
                continue
            place = strong[shared.argmax()]
            double = free[place]
            both = np.concatenate((row[:2].clip(max=double[:2]), row[2:4].clip(min=double[2:4])))
            more = self._looks.at(both, 0)
            more = more[box_iou(both[None], more[:, :4])[0] >= 0.5]
            best = more[more[:, 4].argmax()] if len(more) else row
            is_one = common(best[None], double[None]).item() >= DOUBLE_RATIO
            if len(more) and best[4] >= self._threshold and is_one:
                seen[index] = best
                self.people[index].note(best, self._time_sec, self._scene)
                free = np.delete(free, place, axis=0)
        return free

    def _is_double(self, one: Known, others: np.ndarray) -> bool:
        """Return whether a missing person was a second box of another one."""
        if not len(others) or common(one.box[None], others).max() < DOUBLE_RATIO:
            return False
        return one.num_found < REST_FINDS or box_iou(one.box[None], others).max() >= SAME_IOU

    def _find_again(self, one: Known, others: np.ndarray, free: np.ndarray) -> np.ndarray | None:
        """Return the row of a person whom the first look lost, None if they are not found.

        Args:
            one: the person.
            others: (N, 4) xyxy of other people.
            free: (K, 5) boxes of the first look that belong to no person.
        """
        if self._is_same(one, SAME_RATIO, REST_SEC):
            self._look_at_resting(one, others)
            return self.row(one)
        changed, known = changed_around(one, others, self._scene)
        if self._only_background(one, others):
            return None
        is_late = self._time_sec - one.found_sec > MEMORY_SEC
        if is_late and self._time_sec - one.looked_sec < AGAIN_SEC:
            return None
        best, view = self._search(one, others, free, changed if known >= KNOWN_RATIO else None)
        if best is not None:
            if VIEWS[view][0] and changed is not None and known >= KNOWN_RATIO:
                best = tightened(one, best, others, self._scene)
            one.num_rested, one.view = 0, view
            one.note(best, self._time_sec, self._scene)
            return self.row(one)
        if self._follows_change(one, changed, known) or self._stays(one):
            return self.row(one)
        return None

    def _look_at_resting(self, one: Known, others: np.ndarray) -> None:
        """Look at a person around whom nothing changes, for a better box, then now and then."""
        since_sec = self._time_sec - max(one.looked_sec, one.found_sec)
        if self._looks.left <= 0 or (one.num_rested >= len(VIEWS) and since_sec < AGAIN_SEC):
            return
        one.looked_sec = self._time_sec
        one.num_rested += 1
        view = one.views(1)[0]
        best = self._best(one, self._looks.at(one.box, view), others)
        lowest = worth(np.append(one.box, one.score), self._scene)
        if best is not None and worth(best, self._scene) >= lowest:
            one.view = view
            one.note(best, self._time_sec, self._scene)

    def _search(
        self, one: Known, others: np.ndarray, free: np.ndarray, changed: np.ndarray | None
    ) -> tuple[np.ndarray | None, int]:
        """Return the best box of a missing person and the view that shows it."""
        around = self._place(one, others, changed)
        one.num_searched += 1
        one.looked_sec = self._time_sec
        best, best_view = self._best(one, free, others), 0
        best_worth = 0.0 if best is None else worth(best, self._scene)
        number = MAX_LOOKS_AT_BORDER if self._may_have_left(one) else MAX_LOOKS_EACH
        for view in one.views(number):
            if self._looks.left <= 0 or best_worth >= SURE_WORTH:
                break
            row = self._best(one, self._looks.at(around, view), others)
            if row is not None and worth(row, self._scene) > best_worth:
                best, best_view, best_worth = row, view, worth(row, self._scene)
        return best, best_view

    def _place(self, one: Known, others: np.ndarray, changed: np.ndarray | None) -> np.ndarray:
        """Return where to search a missing person now: where they were, or a change, in turn."""
        unlike, _ = changed_around(one, others, self._scene, unknown=True)
        places = [one.seen_box, changed, unlike]
        place = places[one.num_searched % len(places)]
        if place is None or place is one.seen_box:
            return one.seen_box
        # Not larger than the person: shadows and other things may have changed, too.
        half = (place[2:] - place[:2]).clip(max=1.2 * longer_side(one.seen_box)) / 2
        centre = (place[:2] + place[2:]) / 2
        return np.concatenate((centre - half, centre + half))

    def _best(self, one: Known, found: np.ndarray, others: np.ndarray) -> np.ndarray | None:
        return best_row(one, found, others, scene=self._scene, time_sec=self._time_sec)

    def _follows_change(self, one: Known, changed: np.ndarray | None, known: float) -> bool:
        """Take the place of a change as the box of a person who must be it; return whether so."""
        passed_sec = self._time_sec - one.found_sec
        if changed is None or known < KNOWN_RATIO or one.num_found < REST_FINDS:
            return False
        if passed_sec > CHANGE_SEC or distances(one.box[None], changed[None]).item() > CHANGE_SIDES:
            return False
        growth = longer_side(changed) / one.size_px
        if not MIN_GROWTH <= growth <= MAX_GROWTH:
            return False
        if not CHANGE_AREAS[0] <= area(changed) / area(one.seen_box) <= CHANGE_AREAS[1]:
            return False
        one.box = changed
        return True

    def _is_same(self, one: Known, max_changed: float, max_sec: float) -> bool:
        return (
            one.num_found >= REST_FINDS
            and self._time_sec - one.found_sec <= max_sec
            and self._scene.changed_since(one.box, one.patch) <= max_changed
            and not is_background(one.box, self._scene)
        )

    def _stays(self, one: Known) -> bool:
        """Return whether a person who is not found moved a little, but did not leave."""
        return not self._may_have_left(one) and self._is_same(one, ALIKE_RATIO, ALIKE_SEC)

    def _may_have_left(self, one: Known) -> bool:
        """Return whether the last box of a person touches the border other than the lower one."""
        left, top, right, _ = one.box.tolist()
        inner_px = min(left, top, self._looks.frame_size[0] - right)
        return inner_px <= BORDER_RATIO * min(self._looks.frame_size)

    def _only_background(self, one: Known, others: np.ndarray) -> bool:
        """Return whether around a person there is nothing but what was there before them."""
        # Where a person stood from the beginning, the background is not known: who falls there
        # may still be there. A person at the border may have left.
        may_stay = not self._may_have_left(one)
        changed, known = changed_around(one, others, self._scene, unknown=may_stay, shifts=True)
        return changed is None and known >= SURELY_KNOWN_RATIO

    def _is_gone(self, one: Known, others: np.ndarray) -> bool:
        missed_sec = self._time_sec - one.found_sec
        _, known = changed_around(one, others, self._scene)
        if self._only_background(one, others):
            return True
        return missed_sec > (MEMORY_SEC if known < KNOWN_RATIO else FOREGROUND_SEC)

    def state(self) -> dict[str, Any]:
        """Return what ``restore`` takes, as JSON values."""
        people = [one.state() for one in self.people]
        return {"people": people, "last_number": self._last_number}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from the state of an earlier run."""
        self.people = [Known.restore(one) for one in state["people"]]
        self._last_number = state["last_number"]
