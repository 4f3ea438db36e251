"""Draw how a body moves around a keyframe: its posture over time and its path on the floor.

The posture of the class is held, or done, at 0 seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stad.datasets.synthetic.posture_angles import (
    ARMS_APART,
    ELBOWS,
    HIPS,
    KNEES,
    LEGS,
    LEGS_APART,
    NUM_ANGLES,
    PITCH,
    ROLL,
    SHOULDERS,
    SPINE,
    SURFACE,
    UPPER_ARMS,
    Posture,
    Range,
    pick,
)
from stad.datasets.synthetic.postures import (
    KNEES_UP,
    RESTING,
    SEAT,
    draw_bent,
    draw_crouching,
    draw_lying,
    draw_sitting,
    draw_standing,
    lean_seated,
)

# Postures that people come from, or go to.
NEIGHBOURS = {
    Posture.STAND: (Posture.SIT, Posture.BEND, Posture.CROUCH, Posture.WALK),
    Posture.SIT: (Posture.STAND, Posture.LIE, Posture.SIT, Posture.CROUCH),
    Posture.LIE: (Posture.SIT, Posture.LIE, Posture.CROUCH, Posture.FALL),
    Posture.BEND: (Posture.STAND, Posture.CROUCH, Posture.SIT),
    Posture.CROUCH: (Posture.STAND, Posture.BEND, Posture.SIT, Posture.CROUCH),
}
FALLS_FROM = {Posture.STAND: 0.5, Posture.SIT: 0.2, Posture.WALK: 0.25, Posture.CROUCH: 0.05}
# The legs are half a stride apart.
SIDE_PHASES = np.array([0.0, np.pi])
# An ordinary walk, metres per second.
WALKING_SPEED = 1.3


class Motion(NamedTuple):
    """One body over T times.

    Attributes:
        postures: (T, 17), see ``posture_angles``.
        path: (T, 2) metres to the left and forward of the body.
    """

    postures: np.ndarray
    path: np.ndarray


def draw_motion(rng: np.random.Generator, posture: Posture, times_sec: np.ndarray) -> Motion:
    """Draw a body that is in this posture at 0 seconds.

    Args:
        rng: the source of randomness.
        posture: the class.
        times_sec: (T,) from the keyframe, seconds.
    """
    if posture in (Posture.WALK, Posture.RUN):
        return _draw_gait(rng, times_sec, is_run=posture == Posture.RUN)
    if posture == Posture.FALL:
        return _draw_fall(rng, times_sec)
    return _draw_rest(rng, posture, times_sec)


@dataclass(frozen=True)
class _Stride:
    """One way to walk or run; degrees, but the rate.

    Attributes:
        rate_hz: of a leg.
        hip, hip_swing: the middle of the thigh's swing and its size.
        knee, knee_lift: of the leg on the floor, and more while the foot is in the air.
        elbow: the range of an elbow's angle.
        lean: of the trunk, forward.
        arm_probability: that an arm swings with the opposite leg, 0-1.
    """

    rate_hz: float
    hip: float
    hip_swing: float
    knee: float
    knee_lift: float
    elbow: Range
    lean: float
    arm_probability: float


def _draw_walk(rng: np.random.Generator, speed: float) -> _Stride:
    """Draw a walk; slow steps are small."""
    size = np.clip(speed / WALKING_SPEED, 0.3, 1.2)
    return _Stride(
        rate_hz=rng.uniform(0.75, 1.05) * np.clip(0.6 + 0.4 * speed / WALKING_SPEED, 0.6, 1.1),
        hip=3,
        hip_swing=28 * size,
        knee=6,
        knee_lift=60 * np.clip(size, 0.5, 1),
        elbow=(5, 40),
        lean=rng.uniform(0, 6),
        # An arm may carry something, or a hand is in a pocket.
        arm_probability=0.75,
    )


def _draw_run(rng: np.random.Generator) -> _Stride:
    return _Stride(
        rate_hz=rng.uniform(1.2, 1.6) * 1.1,
        hip=rng.uniform(10, 22),
        hip_swing=rng.uniform(35, 55),
        knee=15,
        knee_lift=rng.uniform(80, 115),
        elbow=(70, 110),
        lean=rng.uniform(4, 14),
        arm_probability=1,
    )


def _draw_gait(rng: np.random.Generator, times_sec: np.ndarray, *, is_run: bool) -> Motion:
    if is_run:
        speed, stride = rng.uniform(2, 4.5), _draw_run(rng)
    else:
        # The slow ones walk about in a room.
        speed = rng.uniform(*pick(rng, {(0.35, 1.7): 0.65, (0.12, 0.5): 0.35}))
        stride = _draw_walk(rng, speed)
    postures = np.tile(draw_standing(rng), (len(times_sec), 1))
    phases = 2 * np.pi * (stride.rate_hz * times_sec + rng.random())[:, None] + SIDE_PHASES
    swing = stride.hip_swing * np.sin(phases)
    postures[:, HIPS] = stride.hip + swing
    lifted = np.clip(np.cos(phases - 0.3), 0, 1) ** 1.5
    postures[:, KNEES] = stride.knee + stride.knee_lift * lifted
    arms = rng.random(2) < stride.arm_probability
    # Arms swing against the legs of their side.
    postures[:, SHOULDERS][:, arms] = (rng.uniform(-5, 10, 2) - 0.8 * swing)[:, arms]
    postures[:, ELBOWS][:, arms] = rng.uniform(*stride.elbow, 2)[arms]
    postures[:, PITCH] += stride.lean
    turn = np.zeros(len(times_sec))
    if not is_run and rng.random() < 0.25:
        turn = 0.5 * rng.uniform(-1.2, 1.2) * times_sec
    way = speed * times_sec
    return Motion(postures, np.stack([way * np.sin(turn), way * np.cos(turn)], axis=1))


def _draw_rest(rng: np.random.Generator, posture: Posture, times_sec: np.ndarray) -> Motion:
    held = RESTING[posture](rng)
    postures = np.tile(held, (len(times_sec), 1))
    path = np.zeros((len(times_sec), 2))
    if rng.random() < 0.4:
        sway = rng.normal(0, 1, (len(times_sec), NUM_ANGLES)).cumsum(axis=0)
        postures[:, :NUM_ANGLES] += rng.uniform(0.5, 3) * sway
    if posture == Posture.STAND and rng.random() < 0.25:
        path[:, 0] += _shift_weight(rng, postures, times_sec)
    kind = pick(rng, {"change": 0.35, "within": 0.25, "hold": 0.4})
    if kind == "change":
        postures += _change_posture(rng, posture, held, times_sec)
    elif kind == "within":
        postures += _move_within(rng, posture, held, times_sec)
    return Motion(postures, path)


def _shift_weight(
    rng: np.random.Generator, postures: np.ndarray, times_sec: np.ndarray
) -> np.ndarray:
    """Step on the spot or lunge aside, in place; return the way to the left (T,), metres."""
    size, aside = rng.uniform(0.2, 1), np.zeros(len(times_sec))
    phase = 2 * np.pi * (rng.uniform(0.4, 1.3) * times_sec + rng.random())
    wave = 0.5 + 0.5 * np.sin(phase)
    if rng.random() < 0.5:
        lift = size * np.clip(np.sin(phase[:, None] + SIDE_PHASES), 0, 1)
        postures[:, HIPS] += 40 * lift
        postures[:, KNEES] += 70 * lift
    else:
        postures[:, LEGS_APART][:, rng.integers(2)] += 35 * size * wave
        postures[:, ROLL] += rng.uniform(-12, 12) * size * wave
        aside = rng.uniform(-0.25, 0.25) * size * wave
    if rng.random() < 0.6:
        postures[:, SHOULDERS] += rng.uniform(0, 120, 2) * wave[:, None]
        postures[:, ARMS_APART] += rng.uniform(0, 90, 2) * wave[:, None]
    return aside


def _change_posture(
    rng: np.random.Generator, posture: Posture, held: np.ndarray, times_sec: np.ndarray
) -> np.ndarray:
    """Return what a slow change to or from another posture adds to the held one, (T, 17)."""
    other = NEIGHBOURS[posture][rng.integers(len(NEIGHBOURS[posture]))]
    is_after = rng.random() < 0.5
    if other == Posture.FALL:
        # A body that lies after a fall stood a moment ago.
        is_after, duration_sec = False, rng.uniform(0.5, 1)
    else:
        duration_sec = rng.uniform(0.8, 2.2)
    target = RESTING.get(other, draw_standing)(rng)
    # The change begins a little before its posture would be called another.
    start = rng.uniform(0, 0.35) - 0.12
    progress = (times_sec if is_after else -times_sec) / duration_sec - start
    return _smooth(progress)[:, None] * (target - held)


def _move_within(
    rng: np.random.Generator, posture: Posture, held: np.ndarray, times_sec: np.ndarray
) -> np.ndarray:
    """Return what a motion that keeps the class adds to the held posture, (T, 17)."""
    if posture == Posture.SIT and rng.random() < 0.5:
        target = _reaching_down(rng, held)
        weight = _there_and_back(rng.uniform(0.3, 0.9) * times_sec + rng.random())
    elif posture in (Posture.BEND, Posture.CROUCH) and rng.random() < 0.6:
        # Squats, or something that is picked up: down at the keyframe, quickly up again.
        target = _up_or_other(rng, posture)
        weight = _there_and_back(rng.uniform(0.35, 1.1) * times_sec + rng.normal(0, 0.12))
    else:
        target = _another(rng, posture)
        duration_sec, middle_sec = rng.uniform(0.5, 1.8), rng.uniform(-0.6, 0.6)
        weight = _smooth((times_sec - middle_sec) / duration_sec + 0.5)
        if posture == Posture.LIE:
            # People who lie stay on their side or back and where they lie.
            target[SURFACE] = held[SURFACE]
            weight *= 0.35
    return weight[:, None] * (target - held)


def _reaching_down(rng: np.random.Generator, held: np.ndarray) -> np.ndarray:
    """Return a sitting body that reaches for the floor, (17,)."""
    target = held.copy()
    lean_seated(target, rng.uniform(30, 90))
    target[SPINE] = rng.uniform(10, 50)
    target[SHOULDERS], target[ELBOWS] = rng.uniform(20, 100, 2), rng.uniform(0, 30, 2)
    return target


def _up_or_other(rng: np.random.Generator, posture: Posture) -> np.ndarray:
    if rng.random() < 0.8:
        return draw_standing(rng)
    return draw_bent(rng) if posture == Posture.CROUCH else draw_crouching(rng)


def _another(rng: np.random.Generator, posture: Posture) -> np.ndarray:
    if posture == Posture.SIT and rng.random() < 0.7:
        return draw_sitting(rng, SEAT)
    return RESTING[posture](rng)


def _draw_fall(rng: np.random.Generator, times_sec: np.ndarray) -> Motion:
    """Draw a fall that is under way at 0 seconds."""
    source = pick(rng, FALLS_FROM)
    start = RESTING.get(source, draw_standing)(rng)
    end = draw_lying(rng) if rng.random() < 0.9 else draw_sitting(rng, KNEES_UP)
    duration_sec = rng.uniform(0.55, 1.3)
    begin_sec = -rng.uniform(0.25, 0.92) * duration_sec
    # A falling body gets faster.
    done = np.clip((times_sec - begin_sec) / duration_sec, 0, 1) ** rng.uniform(1.2, 2)
    postures = start + (end - start) * done[:, None]
    halfway = (4 * done * (1 - done))[:, None]
    if rng.random() < 0.6:
        # The knees give way first.
        via = _draw_collapse(rng)
        postures[:, LEGS] += (via[LEGS] - postures[:, LEGS]) * rng.uniform(0.3, 0.9) * halfway
    # The arms go up.
    postures[:, UPPER_ARMS] += rng.uniform(0, 60) * halfway
    speed = rng.uniform(0, 1.2 if source == Posture.WALK else 0.5)
    path = np.zeros((len(times_sec), 2))
    towards = 1 if end[PITCH] >= 0 else -1
    path[:, 1] = towards * speed * np.minimum(times_sec, begin_sec + duration_sec)
    return Motion(postures, path)


def _draw_collapse(rng: np.random.Generator) -> np.ndarray:
    """Draw (17,) a posture that a falling body passes."""
    if rng.random() < 0.45:
        return draw_crouching(rng, pick(rng, {"squat": 1, "one knee": 1, "kneel": 1}))
    return draw_sitting(rng, KNEES_UP)


def _smooth(progress: np.ndarray) -> np.ndarray:
    """Return progress (T,) that starts and ends slowly, 0-1."""
    inside = np.clip(progress, 0, 1)
    return inside**2 * (3 - 2 * inside)


def _there_and_back(turns: np.ndarray) -> np.ndarray:
    """Return a wave (T,) that is 0 at whole turns and 1 halfway, 0-1."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * turns)
