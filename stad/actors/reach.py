"""How far a person gets between two detections: which box may be whom, and how well it fits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

# Speeds are in body heights per second: sprinters reach 6. Whoever gets farther than this between
# two looks passes for somebody else.
RUN_HEIGHTS_PER_SEC = 6.0
FARTHEST_HEIGHTS = 3.0
# Who was seen twice goes on as before; speeding up and braking add this much.
CHANGE_HEIGHTS_PER_SEC = 1.0
# Or they turn round or set off, which is half as likely as going on.
TURN_HEIGHTS_PER_SEC = 2.0
TURN_TRUST = 0.5
# Speeds die away: after some seconds people have stopped or turned.
SPEED_DECAY_PER_SEC = 0.3
# Each second that somebody is hidden adds this much, and makes another person a little likelier.
HIDDEN_HEIGHTS_PER_SEC = 0.5
HIDDEN_DECAY_PER_SEC = 0.7
# Boxes of one person jump by so much of the body height, though nobody moved.
JITTER_HEIGHTS = 0.35
# A box that is cut off or partly hidden is still about half as wide as the body is tall.
HEIGHT_PER_WIDTH = 2.0
# The same person is at most so many times as tall in the next box; other sizes fit less well.
MAX_RATIO = 2.0
SIZE_WEIGHT = 3.0


@dataclass(frozen=True)
class Candidates:
    """People who were seen before, as arrays of N.

    Attributes:
        boxes: (N, 4) float xyxy, pixels, where each was seen last.
        velocities: (N, 2) pixels per second of the centres; NaN for who was seen once only.
        gaps_sec: (N,) time since each was seen, seconds.
        hidden_sec: (N,) how much of it lies before the previous detection, seconds: 0 for people
            whom that detection saw.
    """

    boxes: np.ndarray
    velocities: np.ndarray
    gaps_sec: np.ndarray
    hidden_sec: np.ndarray


def body_heights(boxes: np.ndarray) -> np.ndarray:
    """Return how tall the people in (K, 4) xyxy boxes about are, (K,) pixels.

    >>> body_heights(np.array([[0, 0, 80, 200], [0, 0, 200, 80], [0, 0, 150, 200.0]])).tolist()
    [200.0, 200.0, 300.0]
    """
    sides = boxes[:, 2:] - boxes[:, :2]
    return np.maximum(sides.max(axis=1), HEIGHT_PER_WIDTH * sides.min(axis=1)).clip(min=1e-6)


def centres(boxes: np.ndarray) -> np.ndarray:
    """Return the (K, 2) centres of (K, 4) xyxy boxes."""
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def closeness(people: Candidates, boxes: np.ndarray) -> np.ndarray:
    """Say how well boxes fit people who move as people do.

    Args:
        people: N people who were seen before.
        boxes: (K, 4) float xyxy that were found now, pixels.

    Returns:
        (N, K): 1 where a box is exactly where its person should be, falling with the square of the
        distance to 0 at the edge of what the person can reach; 0 beyond it.
    """
    heights, sizes = body_heights(people.boxes)[:, None], body_heights(boxes)[None]
    scale_px = np.sqrt(heights * sizes)
    fit = np.maximum(_fit_going_on(people, boxes, scale_px), _fit_any_way(people, boxes, scale_px))
    growth = np.abs(np.log(heights / sizes))
    fit = (fit - SIZE_WEIGHT * growth**2) * np.exp(-HIDDEN_DECAY_PER_SEC * people.hidden_sec)[
        :, None
    ]
    return np.where(growth <= np.log(MAX_RATIO), fit.clip(min=0), 0.0)


def _fit_going_on(people: Candidates, boxes: np.ndarray, scale_px: np.ndarray) -> np.ndarray:
    """Return (N, K) fits of people who keep their speed; -inf for those who were seen once.

    Whom the previous detection saw should be where the velocity leads; who is hidden may also
    have stopped on the way there.
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
    """Return how far people get at (N,) speeds, (N,) body heights."""
    moved = np.minimum(speeds * (people.gaps_sec - people.hidden_sec), FARTHEST_HEIGHTS)
    return JITTER_HEIGHTS + moved + HIDDEN_HEIGHTS_PER_SEC * people.hidden_sec


def best_pairs(fit: np.ndarray) -> list[tuple[int, int]]:
    """Return row-column pairs with the largest sum of fits, each row and column once.

    Args:
        fit: (N, K) at least 0; what is 0 makes no pair.

    >>> best_pairs(np.array([[0.9, 0.6], [0.7, 0.0]]))
    [(0, 1), (1, 0)]
    """
    rows, columns = linear_sum_assignment(fit, maximize=True)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return [(row, column) for row, column in pairs if fit[row, column] > 0]
