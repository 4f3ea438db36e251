"""Draw the people of a scene: what each one does and looks like, and where they stand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from stad.datasets.synthetic.figures import FigureSpec, Handshake, draw_clothes
from stad.datasets.synthetic.gaits import (
    JUMP_RATE_HZ,
    POSES_TO_FREEZE,
    REST_ARMS,
    RUN_RATE_HZ,
    SHAKE_RATE_HZ,
    WALK_RATE_HZ,
    MotionSpec,
    draw_arm_swing,
    opposite_swing,
)
from stad.datasets.synthetic.skeleton import draw_body

# Relative frequency of each posture, and probability that an arm is raised in it. Falls are more
# frequent because only the keyframes in the fall itself count, walks because there are two kinds.
POSTURE_WEIGHTS = {
    "stand": 0.07,
    "walk": 0.12,
    "run": 0.11,
    "jump": 0.11,
    "fall": 0.19,
    "sit": 0.11,
    "shake hands": 0.06,
    "walk backwards": 0.12,
    "lie": 0.11,
}
ARM_PROBABILITY = {"stand": 0.8, "walk": 0.5, "walk backwards": 0.5, "sit": 0.6}
OPPOSITES = {
    "walk": "walk backwards",
    "walk backwards": "walk",
    "wave": "raise arm",
    "raise arm": "wave",
}
ARM_ACTIONS = ("wave", "raise arm")
RATES_HZ = {
    "walk": WALK_RATE_HZ,
    "walk backwards": WALK_RATE_HZ,
    "run": RUN_RATE_HZ,
    "jump": JUMP_RATE_HZ,
}
# Maximum turn from a side view: postures that are recognised by the legs stay near it.
MAX_TURN_DEG = {"stand": 90, "jump": 90, "sit": 50, "shake hands": 25, "fall": 30, "lie": 30}
WALKING_TURN_DEG = 35
# Heights relative to the image's, by the number of people.
HEIGHT_RANGES = {1: (0.55, 0.9), 2: (0.45, 0.8), 3: (0.38, 0.65), 4: (0.3, 0.55)}
NUM_FIGURES_PROBABILITY = (0.2, 0.35, 0.28, 0.17)
JUMP_HEADROOM = 1.3
HANDSHAKE_DISTANCE = 0.54
# Half of the width of a body, body heights: upright, and on its way to the ground.
HALF_WIDTH, HALF_LENGTH = 0.22, 0.5
ARM_REACH = 0.42


@dataclass(frozen=True)
class Role:
    """One figure: its look and motion, and the action of its arms ('wave', ... or None)."""

    spec: FigureSpec
    arm_action: str | None = None


def draw_cast(
    rng: np.random.Generator, size_px: tuple[int, int], *, event_sec: float
) -> list[Role]:
    """Draw one to four figures, the farthest first.

    Args:
        rng: source of randomness.
        size_px: (width, height) of the image.
        event_sec: time at which a falling person is half-way down, seconds.
    """
    count = 1 + int(rng.choice(4, p=NUM_FIGURES_PROBABILITY))
    postures = _draw_postures(rng, count)
    count = sum(2 if posture == "shake hands" else 1 for posture in postures)
    pitch_deg = rng.uniform(3, 12)
    roles, slot = [], 0
    for posture in postures:
        width = 2 if posture == "shake hands" else 1
        middle = (slot + width / 2 + rng.uniform(-0.2, 0.2)) / count
        spec = _draw_spec(rng, posture, size_px, count=count, middle=middle, pitch_deg=pitch_deg)
        if posture == "shake hands":
            roles += [Role(one) for one in _pair(rng, spec)]
        else:
            roles.append(_with_motion(rng, spec, event_sec=event_sec, width_px=size_px[0]))
        slot += width
    return sorted(roles, key=lambda role: role.spec.foot_px[1])


def opposite(role: Role) -> Role:
    """Return the same person in the other motion of each pair; other motions are kept.

    A walk becomes its exact reverse in time, drift included; a wave becomes a held arm.
    """
    spec, action = role.spec, role.arm_action
    posture = OPPOSITES.get(spec.posture, spec.posture)
    if posture != spec.posture:
        spec = replace(spec, posture=posture, drift_px_per_sec=-spec.drift_px_per_sec)
    if spec.arm is not None:
        spec = replace(spec, arm=opposite_swing(spec.arm))
    return Role(spec=spec, arm_action=action and OPPOSITES.get(action, action))


def _draw_postures(rng: np.random.Generator, count: int) -> list[str]:
    """Draw postures for ``count`` people; a handshake takes two of them."""
    names, weights = list(POSTURE_WEIGHTS), np.array(list(POSTURE_WEIGHTS.values()))
    postures: list[str] = []
    while count > 0:
        posture = names[rng.choice(len(names), p=weights / weights.sum())]
        postures.append(posture)
        count -= 2 if posture == "shake hands" else 1
    if count < 0 and len(postures) > 2:
        postures.pop(0)
    return postures


def _draw_spec(
    rng: np.random.Generator,
    posture: str,
    size_px: tuple[int, int],
    *,
    count: int,
    middle: float,
    pitch_deg: float,
) -> FigureSpec:
    """Draw place, size and look; nearer people are larger and lower in the image."""
    width, height = size_px
    low, high = HEIGHT_RANGES[min(count, 4)]
    nearness = rng.uniform()
    foot_y = height * (0.76 + 0.2 * nearness + rng.uniform(-0.02, 0.02))
    headroom = JUMP_HEADROOM if posture == "jump" else 1.04
    height_px = min(height * (low + (high - low) * nearness), 0.98 * foot_y / headroom)
    turn_deg = rng.uniform(-1, 1) * MAX_TURN_DEG.get(posture, WALKING_TURN_DEG)
    half_px = height_px * (HALF_LENGTH if posture in ("fall", "lie") else HALF_WIDTH)
    # At most a third of a person is beyond the edge of the image.
    foot_x = np.clip(width * middle, 0.4 * half_px, width - 0.4 * half_px)
    drift = rng.uniform(-0.15, 0.15) if "walk" in posture or posture == "run" else 0.0
    return FigureSpec(
        posture=posture,
        height_px=height_px,
        foot_px=(float(foot_x), foot_y),
        drift_px_per_sec=drift * height_px,
        yaw_deg=turn_deg + 180.0 * rng.integers(2),
        pitch_deg=pitch_deg,
        motion=_draw_motion(rng, posture),
        body=draw_body(rng),
        clothes=draw_clothes(rng),
    )


def _draw_motion(rng: np.random.Generator, posture: str) -> MotionSpec:
    return MotionSpec(
        rate_hz=rng.uniform(*RATES_HZ.get(posture, (0.0, 0.0))),
        phase=rng.uniform(),
        amplitude=rng.uniform(0.85, 1.15),
        side=1 if rng.integers(2) else -1,
        event_duration_sec=rng.uniform(0.8, 1.1),
        # A folded or bent free arm beside a handshake would look like a second one.
        rest_arms=REST_ARMS[0 if posture == "shake hands" else rng.integers(len(REST_ARMS))],
        sway_phase=rng.uniform(),
    )


def _with_motion(
    rng: np.random.Generator, spec: FigureSpec, *, event_sec: float, width_px: int
) -> Role:
    """Add what depends on the posture: a raised arm, a frozen pose, the time of the fall."""
    posture = spec.posture
    action = None
    if rng.uniform() < ARM_PROBABILITY.get(posture, 0.0):
        action = ARM_ACTIONS[rng.integers(2)]
        arm = draw_arm_swing(rng, action, yaw_deg=spec.yaw_deg)
        # A raised arm stays in the image: without its hand the action cannot be recognised.
        inwards, edge_px = -arm.outward, width_px if arm.outward > 0 else 0
        farthest_px = edge_px + inwards * ARM_REACH * spec.height_px
        foot_x = (min if inwards < 0 else max)(spec.foot_px[0], farthest_px)
        spec = replace(spec, arm=arm, foot_px=(foot_x, spec.foot_px[1]))
    if posture == "stand" and action is None:
        # A person may stand as if in the middle of a step or a jump: only motion tells.
        pose = POSES_TO_FREEZE[rng.integers(len(POSES_TO_FREEZE))]
        spec = replace(spec, motion=replace(spec.motion, frozen_pose=pose))
    if posture == "fall":
        spec = replace(spec, motion=replace(spec.motion, event_sec=event_sec))
    return Role(spec=spec, arm_action=action)


def _pair(rng: np.random.Generator, first: FigureSpec) -> list[FigureSpec]:
    """Return ``first``, moved aside, and a person who faces it and holds its hand."""
    other_height_px = first.height_px * rng.uniform(0.93, 1.05)
    mean_px = (first.height_px + other_height_px) / 2
    apart_px = HANDSHAKE_DISTANCE * mean_px
    yaw, pitch = np.deg2rad(first.yaw_deg), np.deg2rad(first.pitch_deg)
    half = apart_px / 2 * np.array([np.cos(yaw), np.sin(yaw) * np.sin(pitch)])
    rate_hz, phase = rng.uniform(*SHAKE_RATE_HZ), rng.uniform()
    second = replace(
        first,
        height_px=other_height_px,
        yaw_deg=first.yaw_deg + 180.0,
        motion=_draw_motion(rng, first.posture),
        body=draw_body(rng),
        clothes=draw_clothes(rng),
    )
    return [
        replace(
            spec,
            foot_px=(first.foot_px[0] + sign * half[0], first.foot_px[1] + sign * half[1]),
            handshake=Handshake(
                forward=apart_px / 2 / spec.height_px,
                height=0.57 * mean_px / spec.height_px,
                rate_hz=rate_hz,
                phase=phase,
            ),
        )
        for spec, sign in ((first, -1), (second, 1))
    ]
