"""Find people again whom the ordinary look at a frame loses: who fall, lie, bend, or come close."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stad.actors.detectors.phantoms import PhantomCheck
from stad.actors.detectors.scene import Scene
from stad.actors.detectors.views import View
from stad.actors.detectors.yolo_boxes import suppress
from stad.actors.reach import best_pairs, centres
from stad.utils.boxes import box_iou

# A look finds (K, 5) xyxy and score in an image, with an input of this longer side.
Look = Callable[[np.ndarray, int], np.ndarray]

# Longer side of the input for the whole frame. Small people are found at the first size, people
# who fill the frame better at the others.
FIRST_PX, OTHER_PX = 608, (416, 288)
# Side of the input for the place of one person.
CROP_PX = 224
# Turn against the clock, and side of the view in longer sides of the person's box.
VIEWS = (
    (0, 2.0),
    (-90, 1.5),
    (90, 1.5),
    (45, 2.5),
    (-45, 2.5),
    (0, 1.5),
    (-90, 2.0),
    (90, 2.0),
    (0, 2.75),
    (180, 1.5),
)
# Those for a place where nobody was: a view that finds somebody is repeated.
NEW_VIEWS = (0, 1, 2)
# More looks than the first one in one detection, for all people together, and for one of them.
MAX_LOOKS, MAX_LOOKS_EACH = 6, 5
# Only people of at least this fraction of the frame's shorter side are searched.
MIN_SIDE_RATIO = 0.2
# A person is searched for this time; for longer where something that is not background is left.
MEMORY_SEC, FOREGROUND_SEC = 2.0, 10.0
# Someone who does not move is still there for this time, although no look finds them.
REST_SEC = 60.0
# Nothing changed if at most this fraction of the box did. If not more than the second one did, the
# person moved a little and is still there, up to a shorter time.
SAME_RATIO, ALIKE_RATIO, ALIKE_SEC = 0.12, 0.4, 10.0
# They are looked at so often meanwhile; a person must have been found so often before.
VERIFY_SEC, REST_FINDS = 1.0, 3
# Time between two searches of a place where nobody was, and how long a new scene is searched.
SEARCH_SEC, NEW_SCENE_SEC = 0.5, 2.0
# Minimum score near a person who is missed, and where something changed.
FOLLOW_SCORE, CHANGED_SCORE = 0.2, 0.5
# A look with this score ends a search. The usual size of a person follows each box by this part.
SURE_SCORE, SIZE_RATE = 0.5, 0.2
SAME_IOU, WEAK_IOU = 0.3, 0.5
# Longer side of a box of the same person, in usual ones: a body that lies is longer than one that
# sits, and a part of a body is no person. Distance of the centres in longer sides.
MIN_GROWTH, MAX_GROWTH, NEAR_HEIGHTS = 0.62, 2.0, 0.5
# A smaller box of which this fraction is inside a person's is part of the person.
PART_RATIO = 0.8
# Two boxes that have this fraction of the smaller one in common may be of one body.
DOUBLE_RATIO = 0.5
# More of a box that is found in a search is not background. Boxes of lying people contain floor.
BACKGROUND_RATIO = 0.6
# Who is this near to the border, in shorter sides of the frame, may have left.
BORDER_RATIO = 0.02
# A change is followed where so much of the background around is known.
KNOWN_RATIO, PLACE_RATIO = 0.5, 0.8
# Where no look finds a person who moved, the change is followed for this time.
CHANGE_SEC, CHANGE_HEIGHTS = 5.0, 0.8


@dataclass
class Known:
    """A large person who was found.

    Attributes:
        box: (4,) float64 xyxy, pixels of the frame.
        score: of the last time that a look found the person.
        found_sec: that time, seconds.
        patch: what was inside the box then.
        size_px: usual longer side of the box.
        num_found: how often looks found the person.
        view: index in ``VIEWS`` of the view that found the person last.
        next_view: index of the next one to try.
        num_searched: how often looks searched the person.
        num_rested: how often meanwhile, while nothing changed.
        looked_sec: time of the last search.
    """

    box: np.ndarray
    score: float
    found_sec: float
    patch: np.ndarray
    size_px: float
    num_found: int = 1
    view: int = 0
    next_view: int = 0
    num_searched: int = 0
    num_rested: int = 0
    looked_sec: float = -np.inf


@dataclass
class LookCounts:
    """Count how often the network looked.

    Attributes:
        num_detections: frames in which people were detected.
        num_looks: looks at frames or parts of them.
    """

    num_detections: int = 0
    num_looks: int = 0

    def report(self) -> str:
        """Return a sentence about the looks, if there were any."""
        if not self.num_detections:
            return ""
        return f"{self.num_looks / self.num_detections:.2f} looks per detection"


class PersonSearch:
    """Detect people with an ordinary look, and with more of them where somebody should be.

    Args:
        threshold: minimum score of a box that certainly is a person, in [0, 1].
    """

    def __init__(self, *, threshold: float) -> None:
        self.counts = LookCounts()
        self._threshold = threshold
        self._scene, self._phantoms = Scene(), PhantomCheck(threshold=threshold)
        self._people: list[Known] = []
        self._last_sec = self._begin_sec = self._search_sec = -np.inf
        self._search_view = 0
        self._maybe = np.zeros((0, 4))
        self._looks_left = 0

    def detect(self, image: np.ndarray, time_sec: float, look: Look) -> np.ndarray:
        """Return (K, 5) xyxy and score of the people in an (H, W, 3) uint8 RGB frame."""
        self._begin(time_sec)
        self._scene.look_at(image)
        self._looks_left = MAX_LOOKS + 1
        self.counts.num_detections += 1
        self._image, self._look, self._time_sec = image, look, time_sec
        found = self._ask(image, FIRST_PX)
        large = self._is_large(found)
        small = self._phantoms.filter(found[~large], time_sec, self._scene, self._check)
        found = np.concatenate((found[large], small))
        found = self._follow(found)
        found = self._search_new(found)
        self._scene.update(time_sec, self._busy(found))
        return found

    def _begin(self, time_sec: float) -> None:
        if time_sec < self._last_sec:
            self._people, self._begin_sec, self._search_sec = [], -np.inf, -np.inf
            self._scene = Scene()
            self._phantoms.forget()
        if not np.isfinite(self._begin_sec):
            self._begin_sec = time_sec
        self._last_sec = time_sec

    # Looks

    def _ask(self, image: np.ndarray, longer_px: int) -> np.ndarray:
        self._looks_left -= 1
        self.counts.num_looks += 1
        return self._look(image, longer_px)

    def _ask_view(self, box: np.ndarray, view: int, *, factor: float | None = None) -> np.ndarray:
        turn, usual = VIEWS[view]
        factor = usual if factor is None else factor
        height, width = self._image.shape[:2]
        minimum_px = MIN_SIDE_RATIO * min(height, width)
        square = View.around(box, factor=factor, turn=turn, minimum_px=minimum_px)
        found = square.to_frame(self._ask(square.cut(self._image, CROP_PX), CROP_PX), CROP_PX)
        found[:, :4] = found[:, :4].clip(0, [width, height, width, height])
        return found[(found[:, 2:4] - found[:, :2]).min(axis=1) > 1]

    def _check(self, box: np.ndarray) -> np.ndarray | None:
        """Return what a wider view of a box shows; None where no look is left."""
        return self._ask_view(box, 0, factor=4.0) if self._looks_left > 0 else None

    # People who were there

    def _strong(self, found: np.ndarray) -> np.ndarray:
        return found[found[:, 4] >= self._threshold]

    def _follow(self, found: np.ndarray) -> np.ndarray:
        """Find the known people in the boxes of the first look or by more looks."""
        pairs = self._match(found)
        rows: dict[int, np.ndarray] = {}
        for index, row in pairs.items():
            rows[index] = found[row]
            self._note(self._people[index], found[row], view=None)
        free = found[[i for i in range(len(found)) if i not in pairs.values()]]
        free = self._join_doubles(free, rows)
        missing = [i for i in range(len(self._people)) if i not in rows]
        lost: list[int] = []
        for index in sorted(missing, key=lambda i: self._people[i].looked_sec):
            one = self._people[index]
            others = np.array([row[:4] for row in rows.values()]).reshape(-1, 4)
            others = np.concatenate((others, self._strong(free)[:, :4]))
            row = None if self._is_double(one, others) else self._find_again(one, others, free)
            if row is not None:
                rows[index] = row
            elif self._is_gone(one, others):
                lost.append(index)
        others = self._without_parts(free)
        strong = self._strong(others)
        self._people = [one for i, one in enumerate(self._people) if i not in lost]
        for row in strong[self._is_large(strong)]:
            self._add(row)
        return np.concatenate([np.array(list(rows.values())).reshape(-1, 5), others])

    def _join_doubles(self, free: np.ndarray, rows: dict[int, np.ndarray]) -> np.ndarray:
        """Look again where a new box and a known person may be one body; return other new boxes."""
        for index, row in rows.items():
            strong = np.flatnonzero(free[:, 4] >= self._threshold)
            if not len(strong):
                break
            common = _common(free[strong, :4], row[None, :4])[:, 0]
            if common.max() < DOUBLE_RATIO or self._looks_left <= 0:
                continue
            double = free[strong[common.argmax()], :4]
            both = np.concatenate((row[:2].clip(max=double[:2]), row[2:4].clip(min=double[2:])))
            seen = self._ask_view(both, 0)
            seen = seen[box_iou(both[None], seen[:, :4])[0] >= 0.5]
            if len(seen) and seen[:, 4].max() >= self._threshold:
                best = seen[seen[:, 4].argmax()]
                if _common(best[None, :4], double[None])[0, 0] < DOUBLE_RATIO:
                    continue
                rows[index] = best
                self._people[index].num_found -= 1
                self._note(self._people[index], best, view=None)
                free = np.delete(free, strong[common.argmax()], axis=0)
        return free

    def _is_double(self, one: Known, others: np.ndarray) -> bool:
        """Return whether a missing person was a second box of another one."""
        return len(others) > 0 and _common(one.box[None], others).max() >= DOUBLE_RATIO and (
            one.num_found < REST_FINDS
            or box_iou(one.box[None], others).max() >= SAME_IOU
        )

    def _match(self, found: np.ndarray) -> dict[int, int]:
        """Return the row of each known person whom the first look found."""
        if not len(found) or not self._people:
            return {}
        boxes = np.array([one.box for one in self._people])
        overlap = box_iou(boxes, found[:, :4])
        growth, distance = _apart(boxes, found[:, :4])
        strong = found[:, 4] >= self._threshold
        near = strong & (distance <= NEAR_HEIGHTS) & (growth <= MAX_GROWTH)
        fit = np.where(strong & (overlap >= SAME_IOU), 1 + overlap, 0.0)
        fit = np.where((fit == 0) & near, 1 - distance, fit)
        weak = ~strong & (overlap >= WEAK_IOU) & (growth <= 1.3)
        for column in np.flatnonzero(weak.any(axis=0)):
            weak[:, column] &= not self._is_background(found[column, :4])
        fit = np.where((fit == 0) & weak, 0.5 * overlap, fit)
        return dict(best_pairs(fit))

    def _note(self, one: Known, row: np.ndarray, *, view: int | None) -> None:
        """Keep that a look found a known person."""
        one.box, one.score, one.found_sec = row[:4].copy(), float(row[4]), self._time_sec
        one.patch, one.num_found = self._scene.patch(one.box), one.num_found + 1
        one.size_px += SIZE_RATE * (float((one.box[2:] - one.box[:2]).max()) - one.size_px)
        if view is not None:
            one.view = view

    def _is_background(self, box: np.ndarray) -> bool:
        return self._scene.background_ratio(box) > BACKGROUND_RATIO

    def _add(self, row: np.ndarray) -> None:
        box = row[:4].copy()
        size_px = float((box[2:] - box[:2]).max())
        patch = self._scene.patch(box)
        self._people.append(Known(box, float(row[4]), self._time_sec, patch, size_px))

    def _find_again(
        self, one: Known, others: np.ndarray, free: np.ndarray
    ) -> np.ndarray | None:
        """Return the row of a person whom the first look lost, None if they are not found.

        Args:
            one: the person.
            others: (N, 4) xyxy of other people.
            free: (K, 5) boxes of the first look that are nobody's.
        """
        rests = self._rests(one)
        if rests and one.num_rested >= len(VIEWS):
            # All views were tried: from now on it is enough to see now and then that one agrees.
            if self._time_sec - max(one.looked_sec, one.found_sec) < VERIFY_SEC:
                return self._row(one)
        changed, known = self._changed(one, others)
        if not rests:
            if changed is None and known >= PLACE_RATIO:
                return None
            if self._time_sec - max(one.found_sec + MEMORY_SEC, one.looked_sec) < VERIFY_SEC:
                if self._time_sec - one.found_sec > MEMORY_SEC:
                    return None
        around = one.box
        if not rests and changed is not None and known >= KNOWN_RATIO and one.num_searched % 2:
            around = self._as_large(one, changed)
        one.num_searched += 1
        one.looked_sec = self._time_sec
        best, best_view = (None if rests else self._best(one, free, others)), 0
        for view in self._views(one, 1 if rests else MAX_LOOKS_EACH):
            if self._looks_left <= 0 or (best is not None and self._worth(best) >= SURE_SCORE / 2):
                break
            row = self._best(one, self._ask_view(around, view), others)
            if row is not None and (best is None or self._worth(row) > self._worth(best)):
                best, best_view = row, view
        one.num_rested += rests
        if rests and (best is None or self._worth(best) < self._worth(np.append(one.box, one.score))):
            return self._row(one)
        if best is None:
            row = self._follow_change(one, changed) if known >= KNOWN_RATIO else None
            return row if row is not None or not self._stays(one) else self._row(one)
        if VIEWS[best_view][0] and changed is not None and known >= KNOWN_RATIO:
            maybe, _ = self._changed(one, others, unknown=True)
            best = best if maybe is None else self._tightened(best, maybe)
        one.num_rested *= rests
        self._note(one, best, view=best_view)
        return self._row(one)

    def _changed(
        self, one: Known, others: np.ndarray, *, unknown: bool = False
    ) -> tuple[np.ndarray | None, float]:
        """Return what ``Scene.changed_in`` tells about the square where a person may be."""
        middle = (one.box[:2] + one.box[2:]) / 2
        half = float((one.box[2:] - one.box[:2]).max())
        square = np.concatenate((middle - half, middle + half))
        changed, known = self._scene.changed_in(square, others, unknown=unknown)
        area = (one.box[2:] - one.box[:2]).prod()
        if changed is not None and (changed[2:] - changed[:2]).prod() < 0.2 * area:
            changed = None
        return changed, known

    def _as_large(self, one: Known, changed: np.ndarray) -> np.ndarray:
        """Return the place of a change, not larger than the person: shadows may be in it."""
        longest = float((one.box[2:] - one.box[:2]).max())
        half = (changed[2:] - changed[:2]).clip(max=1.2 * longest) / 2
        centre = (changed[:2] + changed[2:]) / 2
        return np.concatenate((centre - half, centre + half))

    def _tightened(self, row: np.ndarray, changed: np.ndarray) -> np.ndarray:
        """Return a box of a turned view without the background at its borders."""
        inner = np.concatenate((row[:2].clip(min=changed[:2]), row[2:4].clip(max=changed[2:])))
        sides = inner[2:] - inner[:2]
        if sides.min() <= 0 or sides.prod() < 0.4 * (row[2:4] - row[:2]).prod():
            return row
        return np.append(inner, row[4])

    def _follow_change(self, one: Known, changed: np.ndarray | None) -> np.ndarray | None:
        """Return the place of a change as the box of a person who must be it."""
        if changed is None or one.num_found < REST_FINDS:
            return None
        if self._time_sec - one.found_sec > CHANGE_SEC:
            return None
        _, distance = _apart(one.box[None], changed[None])
        growth = (changed[2:] - changed[:2]).max() / one.size_px
        area = (changed[2:] - changed[:2]).prod() / (one.box[2:] - one.box[:2]).prod()
        if not MIN_GROWTH <= growth <= MAX_GROWTH or distance.item() > CHANGE_HEIGHTS or not 0.35 <= area <= 1.8:
            return None
        one.box = changed
        return self._row(one)

    def _rests(self, one: Known) -> bool:
        """Return whether a person who is not found must still be there: nothing changed."""
        return (
            one.num_found >= REST_FINDS
            and self._time_sec - one.found_sec <= REST_SEC
            and self._scene.changed_since(one.box, one.patch) <= SAME_RATIO
            and not self._is_background(one.box)
        )

    def _stays(self, one: Known) -> bool:
        """Return whether a person who is not found moved a little, but did not leave."""
        left, top, right, _ = one.box.tolist()
        height, width = self._image.shape[:2]
        border_px = BORDER_RATIO * min(height, width)
        return (
            one.num_found >= REST_FINDS
            and self._time_sec - one.found_sec <= ALIKE_SEC
            and min(left, top, width - right) > border_px
            and self._scene.changed_since(one.box, one.patch) <= ALIKE_RATIO
            and not self._is_background(one.box)
        )

    def _row(self, one: Known) -> np.ndarray:
        """Return the row of a person who is known to be there."""
        return np.append(one.box, max(one.score, self._threshold))

    def _views(self, one: Known, number: int) -> list[int]:
        """Return the views to try now: that of the last find first, then the next in turn."""
        others = [i for i in range(len(VIEWS)) if i != one.view]
        start, one.next_view = one.next_view, one.next_view + number - 1
        if number == 1:
            one.next_view += 1
            return [others[start % len(others)]]
        return [one.view, *(others[(start + i) % len(others)] for i in range(number - 1))]

    def _best(self, one: Known, found: np.ndarray, others: np.ndarray) -> np.ndarray | None:
        """Return the box of a view that can be the missing person."""
        found = found[found[:, 4] >= FOLLOW_SCORE]
        if not len(found):
            return None
        _, distance = _apart(one.box[None], found[:, :4])
        growth = (found[:, 2:4] - found[:, :2]).max(axis=1) / one.size_px
        missed_sec = min(self._time_sec - one.found_sec, 1.0)
        keep = (growth <= MAX_GROWTH) & (growth >= MIN_GROWTH) & (distance[0] <= NEAR_HEIGHTS + 0.5 * missed_sec)
        if len(others):
            keep &= _common(found[:, :4], others).max(axis=1) < DOUBLE_RATIO
        keep &= [not self._is_background(box) for box in found[:, :4]]
        found = found[keep]
        worth = [self._worth(row) for row in found]
        return found[int(np.argmax(worth))] if len(found) else None

    def _worth(self, row: np.ndarray) -> float:
        """Return how well a box fits a person: background in it speaks against it."""
        return float(row[4] * (1 - self._scene.background_ratio(row[:4])) ** 2)

    def _is_gone(self, one: Known, others: np.ndarray) -> bool:
        missed_sec = self._time_sec - one.found_sec
        if self._is_double(one, others) or missed_sec > FOREGROUND_SEC:
            return True
        changed, known = self._changed(one, others)
        only_background = changed is None and known >= PLACE_RATIO
        return only_background or (missed_sec > MEMORY_SEC and known < KNOWN_RATIO)

    def _without_parts(self, found: np.ndarray) -> np.ndarray:
        """Drop boxes that are parts of known people, and weak ones at known people."""
        if not len(found) or not self._people:
            return found
        people = np.array([one.box for one in self._people])
        area = (found[:, 2:4] - found[:, :2]).prod(axis=1)
        inside = (_intersections(found[:, :4], people) / area[:, None]).max(axis=1)
        overlap = box_iou(found[:, :4], people).max(axis=1)
        weak = found[:, 4] < self._threshold
        part = (inside >= PART_RATIO) | (weak & (overlap >= 0.1)) | (overlap >= 0.45)
        return found[~part]

    def _is_large(self, found: np.ndarray) -> np.ndarray:
        shorter = min(self._image.shape[:2])
        return (found[:, 2:4] - found[:, :2]).max(axis=1) >= MIN_SIDE_RATIO * shorter

    # Places where nobody was

    def _unexplained(self, found: np.ndarray) -> np.ndarray | None:
        """Return the box of the largest change that no person explains, None without one."""
        shorter = min(self._image.shape[:2])
        return self._scene.largest_change(self._busy(found), minimum_px=MIN_SIDE_RATIO * shorter)

    def _search_new(self, found: np.ndarray) -> np.ndarray:
        """Search where something changed, or a scene that is new or without people."""
        is_empty = not self._people and not len(self._strong(found))
        is_new = is_empty and self._time_sec - self._begin_sec <= NEW_SCENE_SEC
        wait_sec = 0.0 if is_new or len(self._maybe) else SEARCH_SEC
        if self._looks_left <= 0 or self._time_sec - self._search_sec < wait_sec:
            return found
        changed = self._unexplained(found)
        doubtful = self._doubtful(found)
        more = np.zeros((0, 5))
        if len(doubtful):
            box = doubtful[doubtful[:, 4].argmax(), :4]
            more = self._ask_view(box, 0)
            more = self._strong(more[box_iou(more[:, :4], box[None])[:, 0] >= SAME_IOU])
        if not len(more) and is_new:
            more = [self._ask(self._image, size_px) for size_px in OTHER_PX]
            more = self._strong(np.concatenate(more))
        elif not len(doubtful) and changed is None:
            if not is_empty or self._time_sec - self._search_sec < NEW_SCENE_SEC:
                return found
            more = [self._ask(self._image, size_px) for size_px in OTHER_PX]
            more = self._strong(np.concatenate(more))
        elif changed is not None and not len(doubtful):
            self._search_view += not len(self._maybe)
            more = self._ask_view(changed, NEW_VIEWS[self._search_view % len(NEW_VIEWS)])
            more = more[more[:, 4] >= CHANGED_SCORE]
            more = more[[not self._is_background(box) for box in more[:, :4]]]
            more = self._confirmed(more)
        self._search_sec = self._time_sec
        if changed is None or len(doubtful):
            self._maybe = np.zeros((0, 4))
        return self._with_new(self._moved(found, more), more)

    def _doubtful(self, found: np.ndarray) -> np.ndarray:
        """Return weak boxes that may be large people whom nobody knows yet."""
        doubtful = found[(found[:, 4] < self._threshold) & self._is_large(found)]
        return doubtful[[not self._is_background(box) for box in doubtful[:, :4]]]

    def _with_new(self, found: np.ndarray, more: np.ndarray) -> np.ndarray:
        """Return all boxes; weak ones make place for certain ones of the same person."""
        more = self._without_parts(suppress(more, max_iou=SAME_IOU))
        if not len(more):
            return found
        common = _common(more[:, :4], found[:, :4]) >= DOUBLE_RATIO
        strong = found[:, 4] >= self._threshold
        more = more[~common[:, strong].any(axis=1)]
        found = found[strong | ~common.any(axis=0)]
        for row in more[self._is_large(more)]:
            self._add(row)
        return np.concatenate((found, more))

    def _moved(self, found: np.ndarray, more: np.ndarray) -> np.ndarray:
        """Take what is found beside a person whom no look finds any more for that person."""
        for row in more:
            lost = [one for one in self._people if one.found_sec < self._time_sec]
            boxes = np.array([one.box for one in lost]).reshape(-1, 4)
            _, distance = _apart(boxes, row[None, :4])
            for one in (lost[i] for i in np.flatnonzero(distance[:, 0] <= 1.0)):
                if one.score > row[4] and one.num_found >= REST_FINDS:
                    continue
                found = found[~(found[:, :4] == one.box).all(axis=1)]
                self._note(one, row, view=None)
                found = np.concatenate((found, self._row(one)[None]))
                break
        return found

    def _confirmed(self, more: np.ndarray) -> np.ndarray:
        """Return the boxes that the search before found there too, as certain ones."""
        before, self._maybe = self._maybe, more[:, :4]
        if not len(more) or not len(before):
            return more[:0]
        sure = box_iou(more[:, :4], before).max(axis=1) >= SAME_IOU
        more[:, 4] = more[:, 4].clip(min=self._threshold)
        return more[sure]

    def _busy(self, found: np.ndarray) -> np.ndarray:
        """Return the boxes in which people hide the background."""
        margin = 0.1 * (found[:, 2:4] - found[:, :2])
        return np.concatenate((found[:, :2] - margin, found[:, 2:4] + margin), axis=1)


def _apart(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (N, K) ratios of longer sides, at least 1, and distances in those of the first."""
    heights = (first[:, 2:] - first[:, :2]).max(axis=1)[:, None].clip(min=1)
    sizes = (second[:, 2:] - second[:, :2]).max(axis=1)[None].clip(min=1)
    growth = np.maximum(heights / sizes, sizes / heights)
    offset = centres(first)[:, None] - centres(second)[None]
    return growth, np.linalg.norm(offset, axis=2) / heights


def _intersections(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the (N, K) areas that boxes have in common."""
    sides = np.minimum(first[:, None, 2:], second[None, :, 2:])
    sides = sides - np.maximum(first[:, None, :2], second[None, :, :2])
    return sides.clip(min=0).prod(axis=2)


def _common(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the (N, K) intersections as fractions of the smaller box of each pair."""
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (first, second)]
    return _intersections(first, second) / np.minimum(areas[0][:, None], areas[1][None])
