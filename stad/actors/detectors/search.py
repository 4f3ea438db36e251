"""Detect people with an ordinary look at a frame, and with more of them where they should be.

The first look finds people who stand. More looks, at crops and turns, follow those whom it loses
(``following``), find new ones where something changed (``discovery``), and tell things from people
(``phantoms``). What changed and what rests is known from a small image (``scene``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from stad.actors.detectors.base import LookCounts
from stad.actors.detectors.discovery import Discovery, surroundings
from stad.actors.detectors.following import Following
from stad.actors.detectors.looks import FIRST_PX, FrameLooks, Look
from stad.actors.detectors.phantoms import PhantomCheck
from stad.actors.detectors.scene import Scene
from stad.actors.detectors.yolo_boxes import suppress
from stad.structures import Actors

NMS_IOU = 0.45
# Side of the view of a second look at a small box, in longer sides.
CHECK_FACTOR = 4.0
# No person came to a place of which more is what was there before.
ONLY_BACKGROUND_RATIO = 0.8


class PersonSearch:
    """Detect people in the frames of a stream, which come in order.

    Args:
        threshold: minimum score of a box that certainly is a person, in [0, 1].

    Attributes:
        counts: how often the network looked.
    """

    def __init__(self, *, threshold: float) -> None:
        self.counts = LookCounts()
        self._threshold = threshold
        self.forget()

    def forget(self) -> None:
        """Forget the frames so far: the next one begins a new stream."""
        self._last_sec = -np.inf
        self._scene, self._phantoms = Scene(), PhantomCheck(threshold=self._threshold)
        self._following = Following(threshold=self._threshold, scene=self._scene)
        self._discovery = Discovery(
            threshold=self._threshold, scene=self._scene, following=self._following
        )

    def detect(self, image: np.ndarray, time_sec: float, look: Look) -> Actors:
        """Return the people in a frame.

        Args:
            image: (H, W, 3) uint8 RGB.
            time_sec: seconds; an earlier time than the last one begins a new stream.
            look: runs the network.

        Returns:
            K people; ids are the numbers of large people who were known before, -1 for others.
        """
        if time_sec < self._last_sec:
            self.forget()
        self._last_sec = time_sec
        self._scene.look_at(image)
        looks = FrameLooks(image, look, self.counts)
        found = looks.whole(FIRST_PX)
        large = looks.is_large(found)
        small = self._phantoms.filter(
            found[~large],
            time_sec,
            look=lambda box: looks.at(box, 0, factor=CHECK_FACTOR),
            is_background=lambda box: self._scene.background_ratio(box) > ONLY_BACKGROUND_RATIO,
        )
        found = self._following.follow(np.concatenate((found[large], small)), looks, time_sec)
        found = self._discovery.search(found, looks, time_sec)
        # Who was just lost is still there, and must not become background.
        busy = np.concatenate((surroundings(found), self._following.lost_boxes()))
        self._scene.update(time_sec, busy)
        found = suppress(found, max_iou=NMS_IOU, inclusive=False)
        return Actors.from_arrays(found[:, :4], found[:, 4], self._following.numbers(found))

    def state(self) -> dict[str, Any]:
        """Return everything that later answers depend on, as JSON values by name."""
        return {
            "scene": self._scene.state(),
            "following": self._following.state(),
            "discovery": self._discovery.state(),
            "phantoms": self._phantoms.state(),
        }

    def restore(self, state: dict[str, Any], time_sec: float) -> None:
        """Continue an earlier run after its detection at a time, with the state after it."""
        self._last_sec = time_sec
        self._scene.restore(state["scene"])
        self._following.restore(state["following"])
        self._discovery.restore(state["discovery"])
        self._phantoms.restore(state["phantoms"])
