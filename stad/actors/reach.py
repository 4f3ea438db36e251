"""Match people to boxes by how far a person can move between two detections."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

# Speeds are in body heights per second: sprinters reach 6. A box farther away than this at the next
# detection is taken for another person.
RUN_HEIGHTS_PER_SEC = 6.0
FARTHEST_HEIGHTS = 3.0
# A person who was seen twice keeps the speed; speeding up and braking add this much.
CHANGE_HEIGHTS_PER_SEC = 1.0
# Or they turn round or set off, which is half as likely.
TURN_HEIGHTS_PER_SEC = 2.0
TURN_TRUST = 0.5
# Speeds decay: after some seconds people have stopped or turned.
SPEED_DECAY_PER_SEC = 0.3
# Each second that a person is hidden adds this much, and makes another person a little likelier.
HIDDEN_HEIGHTS_PER_SEC = 0.5
HIDDEN_DECAY_PER_SEC = 0.7
# Boxes of a person who stands still jump by this fraction of the body height.
JITTER_HEIGHTS = 0.35
# A box that is cut off or partly hidden is still about half as wide as the body is tall.
HEIGHT_PER_WIDTH = 2.0
# Maximum ratio of the heights of one person in two boxes; other sizes fit less well.
MAX_RATIO = 2.0
SIZE_WEIGHT = 3.0


@dataclass(frozen=True)
class Candidates:
    """People who were seen before, as arrays of N.

    Attributes:
        boxes: (N, 4) float xyxy, pixels, the last box of each.
        velocities: (N, 2) pixels per second of the centres; NaN for people who were seen once.
        gaps_sec: (N,) time since the last box of each, seconds.
        hidden_sec: (N,) the part of it before the previous detection, seconds: 0 for people whom
            that detection found.
    """

    boxes: np.ndarray
    velocities: np.ndarray
    gaps_sec: np.ndarray
    hidden_sec: np.ndarray


def body_heights(boxes: np.ndarray) -> np.ndarray:
    """Estimate the body heights of the people in (K, 4) xyxy boxes, (K,) pixels.

    >>> body_heights(np.array([[0, 0, 80, 200], [0, 0, 200, 80], [0, 0, 150, 200.0]])).tolist()
    [200.0, 200.0, 300.0]
    """
    sides = boxes[:, 2:] - boxes[:, :2]
    return np.maximum(sides.max(axis=1), HEIGHT_PER_WIDTH * sides.min(axis=1)).clip(min=1e-6)


def centres(boxes: np.ndarray) -> np.ndarray:
    """Return the (K, 2) centres of (K, 4) xyxy boxes."""
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def closeness(people: Candidates, boxes: np.ndarray) -> np.ndarray:
    """Return how well boxes fit people who move as people do.

    Args:
        people: N people who were seen before.
        boxes: (K, 4) float xyxy of the current detection, pixels.

    Returns:
        (N, K): 1 where a box is exactly where its person should be, falling with the square of the
        distance to 0 at the edge of what the person can reach; 0 beyond it.
    """
    heights, sizes = body_heights(people.boxes)[:, None], body_heights(boxes)[None]
    scale_px = np.sqrt(heights * sizes)
    fit = np.maximum(
        _fit_same_speed(people, boxes, scale_px), _fit_any_way(people, boxes, scale_px)
    )
    growth = np.abs(np.log(heights / sizes))
    fit = (fit - SIZE_WEIGHT * growth**2) * np.exp(-HIDDEN_DECAY_PER_SEC * people.hidden_sec)[
        :, None
    ]
    return np.where(growth <= np.log(MAX_RATIO), fit.clip(min=0), 0.0)


def _fit_same_speed(people: Candidates, boxes: np.ndarray, scale_px: np.ndarray) -> np.ndarray:
    """Return (N, K) fits of people who keep their speed; -inf for those who were seen once.

    People whom the previous detection found should be where the velocity leads; hidden people may
    also have stopped on the way there.
    """
    moving_sec = -np.expm1(-SPEED_DECAY_PER_SEC * people.gaps_sec) / SPEED_DECAY_PER_SEC
    is_new = np.isnan(people.velocities[:, 0])
    path = np.nan_to_num(people.velocities) * moving_sec[:, None]
    offset = centres(boxes)[None] - centres(people.boxes)[:, None]
    along = (offset * path[:, None]).sum(axis=2)
    along = along / np.maximum((path**2).sum(axis=1), 1e-9)[:, None]
    along = np.where(people.hidden_sec[:, None] > 0, along.clip(0, 1), 1.0)
    distance = np.linalg.norm(offset - along[..., None] * path[:, None], axis=2) / scale_px
    reach = _reach_heights(people, np.full(len(is_new), CHANGE_HEIGHTS_PER_SEC))
    return np.where(is_new[:, None], -np.inf, 1 - (distance / reach[:, None]) ** 2)


def _fit_any_way(people: Candidates, boxes: np.ndarray, scale_px: np.ndarray) -> np.ndarray:
    """Return (N, K) fits of people who may have gone anywhere from where they were."""
    is_new = np.isnan(people.velocities[:, 0])
    offset = centres(boxes)[None] - centres(people.boxes)[:, None]
    distance = np.linalg.norm(offset, axis=2) / scale_px
    speeds = np.where(is_new, RUN_HEIGHTS_PER_SEC, TURN_HEIGHTS_PER_SEC)
    trust = np.where(is_new, 1.0, TURN_TRUST)
    reach = _reach_heights(people, speeds)
    return trust[:, None] * (1 - (distance / reach[:, None]) ** 2)


def _reach_heights(people: Candidates, speeds: np.ndarray) -> np.ndarray:
    """Return how far people can move at (N,) speeds, (N,) body heights."""
    moved = np.minimum(speeds * (people.gaps_sec - people.hidden_sec), FARTHEST_HEIGHTS)
    return JITTER_HEIGHTS + moved + HIDDEN_HEIGHTS_PER_SEC * people.hidden_sec


def best_pairs(fit: np.ndarray) -> list[tuple[int, int]]:
    """Return row-column pairs with the largest sum of fits, each row and column once.

    Args:
        fit: (N, K) fits, 0 or more; 0 makes no pair.

    >>> best_pairs(np.array([[0.9, 0.6], [0.7, 0.0]]))
    [(0, 1), (1, 0)]
    """
    rows, columns = linear_sum_assignment(fit, maximize=True)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return [(row, column) for row, column in pairs if fit[row, column] > 0]
