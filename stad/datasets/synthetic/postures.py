"""Draw postures as joint angles: how people stand, sit, lie, bend down and crouch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from stad.datasets.synthetic.posture_angles import (
    ARMS_OF_CROUCHING,
    ARMS_OF_LYING,
    ARMS_OF_SITTING,
    ARMS_OF_STANDING,
    BED_M,
    ELBOWS,
    HIPS,
    KNEES,
    LEGS_APART,
    NUM_VALUES,
    PITCH,
    ROLL,
    SHOULDERS,
    SPINE,
    SURFACE,
    BodyRanges,
    Posture,
    both,
    draw_arms,
    pick,
)


def _swap_legs(rng: np.random.Generator, posture: np.ndarray) -> None:
    """Exchange left and right in half of the draws, in place."""
    if rng.random() < 0.5:
        for part in (HIPS, LEGS_APART, KNEES):
            posture[part] = posture[part][::-1].copy()


def draw_standing(rng: np.random.Generator) -> np.ndarray:
    """Draw (17,) a standing posture; some are stooped."""
    posture = np.zeros(NUM_VALUES)
    posture[PITCH], posture[ROLL], posture[SPINE] = rng.normal((0, 0, 3), (5, 3, 8))
    posture[HIPS] = rng.uniform(-8, 14, 2)
    posture[LEGS_APART] = rng.uniform(0, 10, 2)
    posture[KNEES] = rng.uniform(0, 18, 2)
    draw_arms(rng, posture, ARMS_OF_STANDING)
    if rng.random() < 0.15:
        posture[SPINE] = rng.uniform(10, 35)
    return posture


SEAT, KNEES_UP = "seat", "knees up"
ONE_LEG_TUCKED, ONE_LEG_OUT = "one leg tucked", "one leg out"
ON_SIDE, CURLED_UP = "on the side", "curled up"
_PELVIS = (-25, 10)
SITTING = {
    # A back rest and a desk keep the pelvis more upright than the floor does.
    SEAT: BodyRanges(
        pitch=(-15, 6),
        spine=(-5, 40),
        hips=both((-12, 12)),
        legs_apart=both((0, 25)),
        knees=both((45, 115)),
        both_hips=(55, 105),
    ),
    "legs out": BodyRanges(
        pitch=_PELVIS,
        spine=(0, 40),
        hips=both((-8, 8)),
        legs_apart=both((0, 20)),
        knees=both((0, 40)),
        both_hips=(55, 105),
    ),
    "cross-legged": BodyRanges(
        pitch=_PELVIS,
        spine=(0, 45),
        hips=((0, 0), (-10, 10)),
        legs_apart=both((30, 60)),
        knees=both((105, 145)),
        both_hips=(80, 115),
    ),
    KNEES_UP: BodyRanges(
        pitch=(-35, 5),
        spine=(0, 45),
        hips=both((-12, 12)),
        legs_apart=both((0, 20)),
        knees=both((80, 130)),
        both_hips=(95, 130),
    ),
    "reclined": BodyRanges(
        pitch=(-50, -20),
        spine=(0, 25),
        hips=both((-10, 10)),
        legs_apart=both((0, 20)),
        knees=both((0, 100)),
        both_hips=(45, 100),
    ),
    ONE_LEG_TUCKED: BodyRanges(
        pitch=_PELVIS,
        spine=(0, 35),
        hips=((0, 0), (-15, 15)),
        legs_apart=((0, 20), (20, 50)),
        knees=((0, 100), (100, 140)),
        both_hips=(75, 105),
    ),
    # As on the edge of a bed: one leg along it, the other one down.
    ONE_LEG_OUT: BodyRanges(
        pitch=(-30, 5),
        spine=(0, 35),
        hips=both((-10, 15)),
        legs_apart=both((0, 25)),
        knees=((0, 35), (45, 100)),
        both_hips=(55, 100),
    ),
}
SITTING_WEIGHTS = {
    **{SEAT: 0.42, "legs out": 0.12, "cross-legged": 0.12, KNEES_UP: 0.12},
    **{"reclined": 0.10, ONE_LEG_TUCKED: 0.06, ONE_LEG_OUT: 0.06},
}


def draw_sitting(rng: np.random.Generator, kind: str | None = None) -> np.ndarray:
    """Draw (17,) a sitting posture.

    Args:
        rng: the source of randomness.
        kind: a key of ``SITTING``, or None for any.
    """
    kind = kind or pick(rng, SITTING_WEIGHTS)
    posture = SITTING[kind].draw(rng)
    if kind in (ONE_LEG_TUCKED, ONE_LEG_OUT):
        _swap_legs(rng, posture)
    if kind == SEAT:
        _vary_seated(rng, posture)
    posture[ROLL] = rng.normal(0, 5)
    draw_arms(rng, posture, ARMS_OF_SITTING)
    return posture


def _vary_seated(rng: np.random.Generator, posture: np.ndarray) -> None:
    """Slouch, lean far forward or pull the feet under the seat, in place."""
    if rng.random() < 0.3:
        posture[SPINE] = rng.uniform(30, 60)
    if rng.random() < 0.22:
        lean_seated(posture, rng.uniform(20, 90))
        posture[SPINE] = rng.uniform(5, 50)
    if rng.random() < 0.35:
        knee = rng.uniform(95, 130)
        posture[KNEES] = knee, knee + rng.uniform(-12, 12)


def lean_seated(posture: np.ndarray, lean_deg: float) -> None:
    """Turn the pelvis of a sitting body forward, in place; the thighs stay on the seat."""
    pelvis_deg = 0.6 * lean_deg
    posture[PITCH] += pelvis_deg
    posture[HIPS] += pelvis_deg


LYING = {
    "on the back": BodyRanges(
        pitch=(-108, -65),
        spine=(-5, 20),
        hips=both((-5, 30)),
        legs_apart=both((0, 25)),
        knees=both((0, 40)),
    ),
    "on the belly": BodyRanges(
        pitch=(70, 105),
        spine=(-25, 10),
        hips=((-10, 25), (-10, 35)),
        legs_apart=((0, 25), (0, 30)),
        knees=((0, 40), (0, 60)),
    ),
    "knees raised": BodyRanges(
        pitch=(-105, -65),
        spine=(-5, 25),
        hips=both((20, 80)),
        legs_apart=both((0, 25)),
        knees=((50, 120), (30, 120)),
    ),
    ON_SIDE: BodyRanges(
        pitch=(-20, 20),
        spine=(-5, 35),
        hips=both((-5, 40)),
        legs_apart=both((-5, 20)),
        knees=both((0, 60)),
    ),
    CURLED_UP: BodyRanges(
        pitch=(-20, 20),
        spine=(-5, 35),
        hips=both((40, 110)),
        legs_apart=both((-5, 20)),
        knees=both((40, 130)),
    ),
}
# The minimum angle between the trunk of a person on the back and the vertical.
LYING_TRUNK_DEG = 50
LYING_WEIGHTS = {
    **{"on the back": 0.27, "on the belly": 0.2, ON_SIDE: 0.25},
    **{"knees raised": 0.13, CURLED_UP: 0.15},
}


def draw_lying(rng: np.random.Generator) -> np.ndarray:
    """Draw (17,) a lying posture, on the floor or on a bed."""
    kind = pick(rng, LYING_WEIGHTS)
    posture = LYING[kind].draw(rng)
    if kind in (ON_SIDE, CURLED_UP):
        posture[ROLL] = pick(rng, {-1: 1, 1: 1}) * rng.uniform(70, 100)
    if rng.random() < 0.12:
        # Propped up by a pillow or an arm.
        posture[SPINE] += rng.uniform(10, 30)
    if posture[PITCH] < -LYING_TRUNK_DEG:
        # With the trunk more upright, the person sits.
        posture[SPINE] = min(posture[SPINE], -LYING_TRUNK_DEG - posture[PITCH])
    posture[SURFACE] = pick(rng, {0.0: 2, BED_M: 1})
    draw_arms(rng, posture, ARMS_OF_LYING)
    return posture


def draw_bent(rng: np.random.Generator) -> np.ndarray:
    """Draw (17,) a body that bends down on nearly straight legs."""
    posture = np.zeros(NUM_VALUES)
    trunk, knee = rng.uniform(45, 110), rng.uniform(0, 55)
    # Hips and spine bend together; people differ in which does more.
    pelvis = trunk * rng.uniform(0.35, 0.8)
    posture[PITCH], posture[ROLL], posture[SPINE] = pelvis, rng.normal(0, 6), trunk - pelvis
    # The thighs lean forward by half of the knee, so that the feet stay below the hips.
    hip = pelvis + 0.5 * knee + rng.normal(0, 5)
    posture[HIPS] = hip, hip + rng.normal(0, 6)
    posture[KNEES] = knee, knee + rng.normal(0, 8)
    posture[LEGS_APART] = rng.uniform(0, 15, 2)
    draw_arms(rng, posture, {"hang": 1})
    posture[SHOULDERS] = rng.uniform(20, 100, 2)
    return posture


def _draw_squat(rng: np.random.Generator, posture: np.ndarray) -> None:
    thigh = rng.uniform(70, 128)
    # Balance: the feet must be below the middle of the body. While the thighs are about level
    # the hips are behind the feet, so the trunk leans forward; deep down it may be upright.
    is_deep = thigh > 100
    pelvis = rng.uniform(-5, 35) if is_deep else rng.uniform(15, 45)
    knee = thigh + (rng.uniform(15, 40) if is_deep else rng.uniform(5, 30))
    posture[PITCH], posture[SPINE] = pelvis, rng.uniform(0, 40)
    posture[HIPS] = pelvis + thigh + np.array([0, rng.uniform(-10, 10)])
    posture[LEGS_APART] = rng.uniform(0, 35, 2)
    posture[KNEES] = min(knee, 150), min(knee + rng.uniform(-10, 10), 155)


def _draw_kneel(rng: np.random.Generator, posture: np.ndarray) -> None:
    pelvis = rng.uniform(-5, 30)
    posture[PITCH], posture[SPINE] = pelvis, rng.uniform(0, 40)
    posture[HIPS] = pelvis + rng.uniform(-10, 15, 2)
    posture[LEGS_APART] = rng.uniform(0, 12, 2)
    posture[KNEES] = rng.uniform(75, 110, 2)


def _draw_on_heels(rng: np.random.Generator, posture: np.ndarray) -> None:
    pelvis = rng.uniform(-10, 35)
    posture[PITCH], posture[SPINE] = pelvis, rng.uniform(0, 45)
    posture[HIPS] = pelvis + rng.uniform(40, 75)
    posture[LEGS_APART] = rng.uniform(0, 20, 2)
    posture[KNEES] = rng.uniform(125, 155, 2)


def _draw_one_knee(rng: np.random.Generator, posture: np.ndarray) -> None:
    pelvis, thigh = rng.uniform(0, 30), rng.uniform(70, 105)
    posture[PITCH], posture[SPINE] = pelvis, rng.uniform(0, 40)
    posture[HIPS] = pelvis + thigh, pelvis + rng.uniform(-20, 15)
    posture[LEGS_APART] = rng.uniform(0, 20, 2)
    posture[KNEES] = thigh + rng.uniform(-15, 30), rng.uniform(75, 115)
    _swap_legs(rng, posture)


def _draw_all_fours(rng: np.random.Generator, posture: np.ndarray) -> None:
    pelvis, thigh = rng.uniform(65, 95), rng.uniform(-15, 25)
    posture[PITCH], posture[SPINE] = pelvis, rng.uniform(-10, 15)
    posture[HIPS] = pelvis + thigh + np.array([0, rng.uniform(-15, 15)])
    posture[LEGS_APART] = rng.uniform(0, 15, 2)
    posture[KNEES] = rng.uniform(70, 105, 2)


ALL_FOURS = "all fours"
CROUCHING: dict[str, Callable[[np.random.Generator, np.ndarray], None]] = {
    "squat": _draw_squat,
    "kneel": _draw_kneel,
    "on the heels": _draw_on_heels,
    "one knee": _draw_one_knee,
    ALL_FOURS: _draw_all_fours,
}
CROUCHING_WEIGHTS = {
    **{"squat": 0.27, "kneel": 0.17, "on the heels": 0.12},
    **{"one knee": 0.24, ALL_FOURS: 0.2},
}


def draw_crouching(rng: np.random.Generator, kind: str | None = None) -> np.ndarray:
    """Draw (17,) a crouching or kneeling posture.

    Args:
        rng: the source of randomness.
        kind: a key of ``CROUCHING``, or None for any.
    """
    kind = kind or pick(rng, CROUCHING_WEIGHTS)
    posture = np.zeros(NUM_VALUES)
    CROUCHING[kind](rng, posture)
    draw_arms(rng, posture, {"hang": 1} if kind == ALL_FOURS else ARMS_OF_CROUCHING)
    if kind == ALL_FOURS:
        # The arms carry the chest.
        posture[SHOULDERS], posture[ELBOWS] = rng.uniform(60, 115, 2), rng.uniform(0, 40)
    return posture


RESTING: dict[Posture, Callable[[np.random.Generator], np.ndarray]] = {
    Posture.STAND: draw_standing,
    Posture.SIT: draw_sitting,
    Posture.LIE: draw_lying,
    Posture.BEND: draw_bent,
    Posture.CROUCH: draw_crouching,
}
