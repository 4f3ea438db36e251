"""Hold what is known of a person whom a detector found, and compare boxes of people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stad.actors.detectors.looks import VIEWS
from stad.actors.detectors.scene import Scene, pack, unpack
from stad.actors.reach import centres
from stad.utils.boxes import box_intersection

# The usual size of a person follows each box by this part.
SIZE_RATE = 0.2


@dataclass
class Known:
    """A large person who was found.

    Attributes:
        number: of the person, from 1.
        box: (4,) float64 xyxy, pixels of the frame.
        score: of the last time that a look found the person.
        found_sec: that time, seconds.
        seen_box: (4,) the box then; ``box`` may follow a change since.
        patch: what was inside that box then.
        size_px: usual longer side of the box.
        num_found: how often looks found the person.
        view: index in ``VIEWS`` of the view that found the person last.
        next_view: counts the other views that were tried.
        num_searched: how often looks searched the person.
        num_rested: how often meanwhile, while nothing changed.
        looked_sec: time of the last search.
    """

    number: int
    box: np.ndarray
    score: float
    found_sec: float
    seen_box: np.ndarray
    patch: np.ndarray
    size_px: float
    num_found: int = 1
    view: int = 0
    next_view: int = 0
    num_searched: int = 0
    num_rested: int = 0
    looked_sec: float = -1e9

    @classmethod
    def new(cls, number: int, row: np.ndarray, time_sec: float, scene: Scene) -> Known:
        """Return a person whom a look found for the first time, as (5,) xyxy and score."""
        box = row[:4].copy()
        patch, size_px = scene.patch(box), longer_side(box)
        return cls(number, box, float(row[4]), time_sec, box.copy(), patch, size_px)

    def note(self, row: np.ndarray, time_sec: float, scene: Scene) -> None:
        """Keep that a look found the person, as (5,) xyxy and score."""
        self.box, self.score, self.found_sec = row[:4].copy(), float(row[4]), time_sec
        self.seen_box, self.patch = self.box.copy(), scene.patch(self.box)
        self.num_found += 1
        self.size_px += SIZE_RATE * (longer_side(self.box) - self.size_px)

    def views(self, number: int) -> list[int]:
        """Return the views to try now: that of the last find first, then others in turn."""
        others = [i for i in range(len(VIEWS)) if i != self.view]
        first = [self.view] if number > 1 else []
        start = self.next_view
        self.next_view += number - len(first)
        return first + [others[i % len(others)] for i in range(start, self.next_view)]

    def state(self) -> dict[str, Any]:
        """Return what ``restore`` takes, as JSON values."""
        values = dict(vars(self))
        values["box"], values["patch"] = self.box.tolist(), pack(self.patch)
        values["seen_box"] = self.seen_box.tolist()
        return {**values, "patch_size": list(self.patch.shape)}

    @classmethod
    def restore(cls, state: dict[str, Any]) -> Known:
        """Return the person of an earlier run."""
        values = dict(state)
        values["patch"] = unpack(values["patch"], tuple(values.pop("patch_size")))
        boxes = {name: np.array(values[name]) for name in ("box", "seen_box")}
        return cls(**{**values, **boxes})


def boxes_of(people: Sequence[Known]) -> np.ndarray:
    """Return the (N, 4) boxes of people."""
    return np.array([one.box for one in people]).reshape(-1, 4)


def longer_side(box: np.ndarray) -> float:
    """Return the longer side of an xyxy box."""
    return float((box[2:4] - box[:2]).max())


def area(box: np.ndarray) -> float:
    """Return the area of an xyxy box."""
    return float((box[2:4] - box[:2]).prod())


def distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the (N, K) distances of the centres, in longer sides of the first boxes."""
    sides = (first[:, 2:4] - first[:, :2]).max(axis=1)[:, None].clip(min=1)
    offset = centres(first[:, :4])[:, None] - centres(second[:, :4])[None]
    return np.linalg.norm(offset, axis=2) / sides


def common(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the (N, K) intersections as fractions of the smaller box of each pair.

    >>> common(np.array([[0, 0, 10, 10.0]]), np.array([[5, 0, 9, 5.0], [20, 0, 30, 10]])).tolist()
    [[1.0, 0.0]]
    """
    sizes = [(boxes[:, 2:4] - boxes[:, :2]).prod(axis=1) for boxes in (first, second)]
    smaller = np.minimum(sizes[0][:, None], sizes[1][None]).clip(min=1e-9)
    return box_intersection(first, second) / smaller
