"""Name the joint angles of a posture, and draw those of arms, trunk and legs from ranges.

A posture is (17,) float64, degrees except for the last value; the constants below name the values.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from itertools import accumulate
from typing import NamedTuple, TypeVar

import numpy as np

Choice = TypeVar("Choice")
Range = tuple[float, float]

# The pelvis turns forward (90 lies on the belly), to its left and about its own axis; the chest
# bends forward from the pelvis.
PITCH, ROLL, TWIST, SPINE = range(4)
# Left, right: forward from hanging down and away from the body; knees and elbows: 0 is straight.
HIPS, LEGS_APART, KNEES = slice(4, 6), slice(6, 8), slice(8, 10)
SHOULDERS, ARMS_APART, ELBOWS = slice(10, 12), slice(12, 14), slice(14, 16)
LEGS, UPPER_ARMS = slice(4, 10), slice(10, 14)
# Height of what carries the body above the floor, metres: a bed or a sofa.
SURFACE = 16
NUM_ANGLES, NUM_VALUES = 16, 17
BED_M = 0.45


class Posture(IntEnum):
    """Ids of the label map 'poses'."""

    STAND = 1
    SIT = 2
    WALK = 3
    RUN = 4
    LIE = 5
    BEND = 6
    CROUCH = 7
    FALL = 8


def pick(rng: np.random.Generator, weights: Mapping[Choice, float]) -> Choice:
    """Draw a key with a probability in proportion to its weight."""
    choices = list(weights)
    draw = rng.random() * sum(weights.values())
    index = sum(total <= draw for total in accumulate(weights.values()))
    # Rounding may leave the draw at the sum.
    return choices[min(index, len(choices) - 1)]


def both(angles: Range) -> tuple[Range, Range]:
    """Return the same range for left and right."""
    return angles, angles


def uniform_pair(rng: np.random.Generator, ranges: tuple[Range, Range]) -> np.ndarray:
    """Draw (2,) angles from the range of each side."""
    (first_min, first_max), (second_min, second_max) = ranges
    return np.array([rng.uniform(first_min, first_max), rng.uniform(second_min, second_max)])


class ArmRanges(NamedTuple):
    """Ranges of one arm, degrees: the upper arm forward and away from the body, the elbow."""

    shoulder: Range
    apart: Range
    elbow: Range


_HANG = ArmRanges((-15, 20), (0, 20), (0, 35))
_OUT = ArmRanges((-20, 40), (30, 110), (0, 60))
_CROSSED = ArmRanges((20, 40), (-10, 5), (90, 120))
ARMS = {
    "hang": (_HANG, _HANG),
    "bent": (
        ArmRanges((-30, 40), (0, 45), (30, 130)),
        ArmRanges((-30, 40), (0, 45), (20, 130)),
    ),
    "up": (ArmRanges((60, 180), (0, 60), (0, 90)), ArmRanges((0, 180), (0, 60), (0, 90))),
    "out": (_OUT, _OUT),
    "phone": (
        ArmRanges((20, 60), (10, 45), (120, 150)),
        ArmRanges((-15, 20), (0, 20), (0, 90)),
    ),
    "crossed": (_CROSSED, _CROSSED),
}
# Both hands are at one thing, so that the arms are nearly the same.
HOLD = "hold"
ARMS_OF_STANDING = {
    **{"hang": 0.5, "bent": 0.15, "up": 0.06, HOLD: 0.12},
    **{"out": 0.06, "phone": 0.06, "crossed": 0.05},
}
ARMS_OF_SITTING = {HOLD: 0.4, "bent": 0.25, "hang": 0.2, "phone": 0.1, "up": 0.05}
ARMS_OF_LYING = {"hang": 0.3, "bent": 0.3, "up": 0.15, "out": 0.15, HOLD: 0.1}
ARMS_OF_CROUCHING = {"hang": 0.25, "bent": 0.25, HOLD: 0.25, "out": 0.25}


def draw_arms(rng: np.random.Generator, posture: np.ndarray, weights: Mapping[str, float]) -> None:
    """Set the angles of both arms, in place."""
    kind = pick(rng, weights)
    if kind == HOLD:
        shoulder, elbow = rng.uniform(10, 60), rng.uniform(50, 120)
        arms = [
            (shoulder, rng.uniform(0, 15), elbow),
            (shoulder + rng.uniform(-10, 10), rng.uniform(0, 15), elbow + rng.uniform(-15, 15)),
        ]
    else:
        arms = [[rng.uniform(*angles) for angles in arm] for arm in ARMS[kind]]
    if rng.random() < 0.5:
        arms.reverse()
    posture[SHOULDERS], posture[ARMS_APART], posture[ELBOWS] = zip(*arms, strict=True)


class BodyRanges(NamedTuple):
    """Ranges of the angles of trunk and legs, degrees.

    Attributes:
        pitch: of the pelvis.
        spine: from the pelvis to the chest.
        hips: of the left and the right leg.
        legs_apart: the same.
        knees: the same.
        both_hips: added to both hips, for legs that are held together.
    """

    pitch: Range
    spine: Range
    hips: tuple[Range, Range]
    legs_apart: tuple[Range, Range]
    knees: tuple[Range, Range]
    both_hips: Range = (0, 0)

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Draw a posture (17,) with arms of 0."""
        posture = np.zeros(NUM_VALUES)
        posture[PITCH], posture[SPINE] = rng.uniform(*self.pitch), rng.uniform(*self.spine)
        posture[HIPS] = rng.uniform(*self.both_hips) + uniform_pair(rng, self.hips)
        posture[LEGS_APART] = uniform_pair(rng, self.legs_apart)
        posture[KNEES] = uniform_pair(rng, self.knees)
        return posture
