"""Find new people: where something changed, and in a scene that is new."""

from __future__ import annotations

from typing import Any

import numpy as np

from stad.actors.detectors.fitting import DOUBLE_RATIO, SAME_IOU, is_background
from stad.actors.detectors.following import Following
from stad.actors.detectors.known import common
from stad.actors.detectors.looks import OTHER_PX, FrameLooks
from stad.actors.detectors.scene import Scene
from stad.actors.detectors.yolo_boxes import suppress
from stad.utils.boxes import box_iou

# Time between two searches, and between those of a scene without people and without changes.
SEARCH_SEC, EMPTY_SEC = 0.5, 2.0
# A new scene is searched in each detection for this time.
NEW_SCENE_SEC = 2.0
# Views of a change, in turn; the one that finds a person is repeated, and must find them again.
CHANGE_VIEWS = (0, 1, 2)
# Minimum score where something changed.
CHANGED_SCORE = 0.5


class Discovery:
    """Searches for new people.

    Args:
        threshold: minimum score of a box that certainly is a person, in [0, 1].
        scene: at the time of the current frame.
        following: the people who are known.
    """

    def __init__(self, *, threshold: float, scene: Scene, following: Following) -> None:
        self._threshold, self._scene, self._following = threshold, scene, following
        self._begin_sec: float | None = None
        self._search_sec = -1e9
        self._view = 0
        self._maybe = np.zeros((0, 4))

    def search(self, found: np.ndarray, looks: FrameLooks, time_sec: float) -> np.ndarray:
        """Return (K', 5) people: those of (K, 5) ``found`` and new ones."""
        if self._begin_sec is None:
            self._begin_sec = time_sec
        is_empty = not self._following.people and not len(self._strong(found))
        is_new = is_empty and time_sec - self._begin_sec <= NEW_SCENE_SEC
        wait_sec = 0.0 if is_new or len(self._maybe) else SEARCH_SEC
        passed_sec = time_sec - self._search_sec
        if looks.left <= 0 or passed_sec < wait_sec:
            return found
        doubtful = self._doubtful(found, looks)
        changed = self._scene.largest_change(surroundings(found), minimum_px=looks.minimum_px)
        more, maybe = np.zeros((0, 5)), np.zeros((0, 4))
        if len(doubtful):
            more = self._at_doubtful(doubtful, looks)
        elif changed is not None and not is_new:
            more, maybe = self._at_change(changed, looks)
        elif not is_empty or not (is_new or passed_sec >= EMPTY_SEC):
            return found
        if is_new or (changed is None and not len(doubtful)):
            whole = [looks.whole(size_px) for size_px in OTHER_PX] if not len(more) else [more]
            more = self._strong(np.concatenate(whole))
        self._search_sec, self._maybe = time_sec, maybe
        return self._with_new(self._following.take_over(found, more), more, looks)

    def _strong(self, found: np.ndarray) -> np.ndarray:
        return found[found[:, 4] >= self._threshold]

    def _doubtful(self, found: np.ndarray, looks: FrameLooks) -> np.ndarray:
        """Return weak boxes that may be large people who are not known yet."""
        weak = found[(found[:, 4] < self._threshold) & looks.is_large(found)]
        return weak[[not is_background(box, self._scene) for box in weak[:, :4]]]

    def _at_doubtful(self, doubtful: np.ndarray, looks: FrameLooks) -> np.ndarray:
        box = doubtful[doubtful[:, 4].argmax(), :4]
        more = looks.at(box, 0)
        return self._strong(more[box_iou(more[:, :4], box[None])[:, 0] >= SAME_IOU])

    def _at_change(self, changed: np.ndarray, looks: FrameLooks) -> tuple[np.ndarray, np.ndarray]:
        """Return people where something changed, and boxes that a second look must confirm."""
        before = self._maybe
        self._view += not len(before)
        more = looks.at(changed, CHANGE_VIEWS[self._view % len(CHANGE_VIEWS)])
        more = more[more[:, 4] >= CHANGED_SCORE]
        more = more[[not is_background(box, self._scene) for box in more[:, :4]]]
        if not len(more) or not len(before):
            return more[:0], more[:, :4]
        sure = box_iou(more[:, :4], before).max(axis=1) >= SAME_IOU
        confirmed = more[sure]
        confirmed[:, 4] = confirmed[:, 4].clip(min=self._threshold)
        return confirmed, more[~sure, :4]

    def _with_new(self, found: np.ndarray, more: np.ndarray, looks: FrameLooks) -> np.ndarray:
        """Return all boxes; weak ones make place for certain ones of the same person."""
        more = self._following.without_parts(suppress(more, max_iou=SAME_IOU))
        if not len(more):
            return found
        shared = common(more, found) >= DOUBLE_RATIO
        strong = found[:, 4] >= self._threshold
        found = found[strong | ~shared.any(axis=0)]
        more = more[~shared[:, strong].any(axis=1)]
        self._following.add(more)
        return np.concatenate((found, more))

    def state(self) -> dict[str, Any]:
        """Return what ``restore`` takes, as JSON values."""
        return {
            "begin_sec": self._begin_sec,
            "search_sec": self._search_sec,
            "view": self._view,
            "maybe": self._maybe.tolist(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from the state of an earlier run."""
        self._begin_sec, self._search_sec = state["begin_sec"], state["search_sec"]
        self._view, self._maybe = state["view"], np.array(state["maybe"]).reshape(-1, 4)


def surroundings(found: np.ndarray) -> np.ndarray:
    """Return (K, 4) xyxy boxes a little larger than (K, 5) boxes of people."""
    margin = 0.1 * (found[:, 2:4] - found[:, :2])
    return np.concatenate((found[:, :2] - margin, found[:, 2:4] + margin), axis=1)
