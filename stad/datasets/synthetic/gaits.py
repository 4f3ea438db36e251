"""Move a person: joint angles over time for each posture, and the motion of a raised arm.

Two pairs of motions are made so that single images cannot tell them apart:

    walk / walk backwards     the same cycle, played forwards and in reverse
    wave / raise arm          the same swing, run fast and (nearly) held

A slow pathway that sees a frame every ``SPARSE_STEP_SEC`` samples at 1.875 Hz. The rates below
are around half of that (walk) and around 1.875 Hz itself (wave). In those samples a walk at rate
f equals a backwards walk at 1.875 - f, and a wave at rate f equals an arm swaying at f - 1.875:
both classes of a pair have the same distribution (temporal aliasing). All the frames at 15 per
second tell them apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

# One frame in 8 at 15 frames per second: SlowFast 4x16, whose fast pathway has 32 frames.
SPARSE_STEP_SEC = 8 / 15
WALK_RATE_HZ = (0.5 / SPARSE_STEP_SEC - 0.2, 0.5 / SPARSE_STEP_SEC + 0.2)
WAVE_RATE_HZ = (1.0 / SPARSE_STEP_SEC - 0.3, 1.0 / SPARSE_STEP_SEC + 0.3)
HOLD_RATE_HZ = (-0.3, 0.3)
RUN_RATE_HZ = (1.3, 1.7)
# Fraction of a walker's cycle in which a leg swings forward; about 0.4 in reality.
SWING_PART = 0.3
JUMP_RATE_HZ = (0.9, 1.2)
SHAKE_RATE_HZ = (1.6, 2.3)

# Upper-arm flexion, abduction and elbow flexion of arms at rest, degrees.
REST_ARMS = ((4, 8, 12), (-4, 12, 40), (24, 6, 100), (-22, 8, 15), (10, 14, 25))
POSES_TO_FREEZE = ("neutral", "walk", "jump")


@dataclass(frozen=True)
class MotionSpec:
    """The choices in which the motion of people differs.

    Attributes:
        rate_hz: cycles per second.
        phase: of the cycle at time 0, cycles.
        amplitude: factor on the angles, about 1.
        side: +1 or -1: falls forwards or backwards.
        event_sec: the middle of a fall, seconds.
        event_duration_sec: of a fall, seconds.
        rest_arms: flexion, abduction and elbow of resting arms, degrees.
        frozen_pose: the pose of a standing person, of ``POSES_TO_FREEZE``.
        sway_phase: phase of the slight sway of every person, cycles.
    """

    rate_hz: float
    phase: float
    amplitude: float = 1.0
    side: int = 1
    event_sec: float = 0.0
    event_duration_sec: float = 1.0
    rest_arms: tuple[float, float, float] = REST_ARMS[0]
    frozen_pose: str = "neutral"
    sway_phase: float = 0.0


@dataclass(frozen=True)
class Angles:
    """Joint angles over T times, degrees; pairs are (T, 2), the left side first.

    Attributes:
        lean: (T,) torso, forward positive.
        hips, knees: (T, 2) thigh forward of vertical; flexion of the knee.
        shoulders, abductions, elbows: (T, 2) upper arm forward of vertical; arm away from the
            body; flexion of the elbow.
        tilt: (T,) the whole body about its feet, forward positive.
        lift: (T,) height of the feet above the ground, body heights.
    """

    lean: np.ndarray
    hips: np.ndarray
    knees: np.ndarray
    shoulders: np.ndarray
    abductions: np.ndarray
    elbows: np.ndarray
    tilt: np.ndarray
    lift: np.ndarray


@dataclass(frozen=True)
class ArmSwing:
    """A raised arm whose forearm swings about the elbow, in the image plane.

    Waving and holding differ in ``rate_hz`` alone.

    Attributes:
        is_left: which arm.
        outward: +1 or -1: towards the right or the left of the image.
        upper_deg: upper arm from straight up, outward positive.
        center_deg, swing_deg: forearm from straight up: the middle and the half-width.
        rate_hz, phase: cycles per second; cycles.
    """

    is_left: bool
    outward: int
    upper_deg: float
    center_deg: float
    swing_deg: float
    rate_hz: float
    phase: float

    def angles(self, times_sec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return (T,) upper arm and (T,) forearm from straight up, degrees, outward positive."""
        swing = np.sin(2 * np.pi * (self.rate_hz * times_sec + self.phase))
        return self.upper_deg - 6.0 * swing, self.center_deg + self.swing_deg * swing


def draw_arm_swing(rng: np.random.Generator, action: str, *, yaw_deg: float) -> ArmSwing:
    """Draw a random swing; only the rate differs between the two actions.

    Args:
        rng: source of randomness.
        action: 'wave' or 'raise arm'.
        yaw_deg: direction of the person; seen from the front or back, the arm points outwards.
    """
    low_hz, high_hz = {"wave": WAVE_RATE_HZ, "raise arm": HOLD_RATE_HZ}[action]
    is_left = bool(rng.integers(2))
    outward = 1 if rng.integers(2) else -1
    facing_viewer = np.sin(np.deg2rad(yaw_deg))
    if abs(facing_viewer) > 0.4:
        outward = 1 if (facing_viewer > 0) == is_left else -1
    return ArmSwing(
        is_left=is_left,
        outward=outward,
        upper_deg=rng.uniform(55, 85),
        center_deg=rng.uniform(8, 24),
        swing_deg=rng.uniform(38, 52),
        rate_hz=rng.uniform(low_hz, high_hz),
        phase=rng.uniform(),
    )


def opposite_swing(swing: ArmSwing) -> ArmSwing:
    """Return the held arm that a wave looks like in sparse frames, or the wave of a held arm.

    Only the rate changes, so that every frame at a multiple of ``SPARSE_STEP_SEC`` stays the same.
    """
    step_hz = 1.0 / SPARSE_STEP_SEC
    is_wave = swing.rate_hz >= WAVE_RATE_HZ[0]
    return replace(swing, rate_hz=swing.rate_hz + (-step_hz if is_wave else step_hz))


def joint_angles(posture: str, times_sec: np.ndarray, *, spec: MotionSpec) -> Angles:
    """Return the joint angles of one person.

    Args:
        posture: a key of ``POSTURES``.
        times_sec: (T,) seconds, evenly spaced.
        spec: see ``MotionSpec``.
    """
    return POSTURES[posture](np.asarray(times_sec, dtype=np.float64), spec)


def _bump(phase: np.ndarray, center: float, sharpness: float) -> np.ndarray:
    """Return a smooth periodic bump of height 1."""
    return ((1 + np.cos(2 * np.pi * (phase - center))) / 2) ** sharpness


def _legs(phase: np.ndarray) -> np.ndarray:
    """Return (T, 2) phases of the left and the right side, half a cycle apart."""
    return np.stack([phase, phase + 0.5], axis=1)


def _sway(times_sec: np.ndarray, spec: MotionSpec) -> np.ndarray:
    return 1.5 * np.sin(2 * np.pi * (0.3 * times_sec + spec.sway_phase))


def _angles(times_sec: np.ndarray, spec: MotionSpec, **given) -> Angles:
    """Return the given angles, and a quiet stance for the others."""
    count = len(times_sec)
    flexion, abduction, elbow = spec.rest_arms
    stance = {
        "lean": _sway(times_sec, spec),
        "hips": np.tile([6.0, -5.0], (count, 1)),
        "knees": np.full((count, 2), 5.0),
        "shoulders": np.full((count, 2), float(flexion)) + _sway(times_sec, spec)[:, None],
        "abductions": np.full((count, 2), float(abduction)),
        "elbows": np.full((count, 2), float(elbow)),
        "tilt": np.zeros(count),
        "lift": np.zeros(count),
    }
    return Angles(**(stance | given))


def _stride(phase: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the swing of a limb: quickly to the front, slowly back.

    Returns:
        Position, -1 (back) to 1 (front); how high it is lifted on its way forward, 0 to 1.
    """
    part = phase % 1.0
    to_front = part < SWING_PART
    turn = np.where(to_front, part / SWING_PART, 1 + (part - SWING_PART) / (1 - SWING_PART))
    return -np.cos(np.pi * turn), np.where(to_front, np.sin(np.pi * turn), 0.0)


def _walk(times_sec: np.ndarray, spec: MotionSpec) -> Angles:
    phase = _legs(spec.rate_hz * times_sec + spec.phase)
    # Limbs are lifted on their quick way forward and sink on the slow way back; in reverse they
    # rise slowly and drop quickly. So the direction is visible from every side.
    leg, leg_lift = _stride(phase)
    arm, arm_lift = _stride(phase + 0.5)
    return _angles(
        times_sec,
        spec,
        lean=_sway(times_sec, spec) + 4.0,
        hips=4.0 + 28.0 * spec.amplitude * leg + 22.0 * leg_lift,
        knees=6.0 + 72.0 * spec.amplitude * leg_lift,
        shoulders=6.0 + 34.0 * spec.amplitude * arm,
        abductions=np.full(phase.shape, 7.0),
        elbows=18.0 + 16.0 * (1 + arm) + 30.0 * arm_lift,
    )


def _walk_backwards(times_sec: np.ndarray, spec: MotionSpec) -> Angles:
    walk = _walk(times_sec, spec)
    return Angles(**{name: values[::-1] for name, values in vars(walk).items()})


def _run(times_sec: np.ndarray, spec: MotionSpec) -> Angles:
    phase = _legs(spec.rate_hz * times_sec + spec.phase)
    swing = np.sin(2 * np.pi * phase)
    return _angles(
        times_sec,
        spec,
        lean=_sway(times_sec, spec) + 14.0 * spec.amplitude,
        hips=20.0 + 50.0 * spec.amplitude * swing,
        knees=22.0 + 90.0 * _bump(phase, -0.13, 1.4),
        shoulders=-5.0 - 48.0 * swing,
        abductions=np.full(swing.shape, 10.0),
        elbows=np.full(swing.shape, 95.0),
        lift=0.06 * np.abs(np.sin(2 * np.pi * phase[:, 0])),
    )


def _jump(times_sec: np.ndarray, spec: MotionSpec) -> Angles:
    cycle = spec.rate_hz * times_sec + spec.phase
    in_air = np.clip((cycle % 1.0 - 0.5) / 0.45, 0.0, 1.0)
    crouch = _bump(cycle, 0.25, 2.5)
    both = np.ones((1, 2))
    return _angles(
        times_sec,
        spec,
        lean=_sway(times_sec, spec) + 28.0 * crouch,
        hips=(58.0 * crouch[:, None] + 3.0) * both + np.array([4.0, -4.0]),
        knees=(100.0 * crouch[:, None] + 6.0) * both,
        shoulders=(-42.0 * crouch + 82.0 * _bump(cycle, 0.7, 1.5))[:, None] * both,
        abductions=np.full((len(cycle), 2), 16.0),
        elbows=np.full((len(cycle), 2), 18.0),
        lift=0.24 * spec.amplitude * 4 * in_air * (1 - in_air),
    )


def _stand(times_sec: np.ndarray, spec: MotionSpec) -> Angles:
    if spec.frozen_pose == "neutral":
        return _angles(times_sec, spec)
    gait = {"walk": _walk, "jump": _jump}[spec.frozen_pose]
    held = gait(np.zeros_like(times_sec), spec)
    values = vars(held) | {"lift": np.zeros(len(times_sec))}
    values["lean"] = values["lean"] + _sway(times_sec, spec)
    return Angles(**values)


def _sit(times_sec: np.ndarray, spec: MotionSpec) -> Angles:
    count = len(times_sec)
    sway = _sway(times_sec, spec)[:, None]
    return _angles(
        times_sec,
        spec,
        lean=_sway(times_sec, spec) * 2 + 8.0 * (spec.amplitude - 1) * 10,
        hips=np.tile([84.0, 90.0], (count, 1)) + 4 * np.sin(2 * np.pi * spec.phase),
        knees=np.tile([82.0, 92.0], (count, 1)) + 8 * np.sin(2 * np.pi * spec.phase),
        shoulders=np.full((count, 2), 30.0) + sway * 2,
        elbows=np.full((count, 2), 48.0) + sway * 2,
    )


def _fallen(times_sec: np.ndarray, spec: MotionSpec, progress: np.ndarray) -> Angles:
    """Return a body that is ``progress`` (T,) of the way from upright (0) to flat (1)."""
    flail = np.sin(np.pi * progress)[:, None]
    settled = (progress**2)[:, None]
    sides = np.array([1.0, 0.6])
    return _angles(
        times_sec,
        spec,
        lean=_sway(times_sec, spec) * (1 - progress) + 14.0 * spec.side * flail[:, 0],
        hips=np.array([6.0, -5.0]) + (20.0 * flail + 10.0 * settled) * sides,
        knees=5.0 + (36.0 * flail + 14.0 * settled) * sides[::-1],
        shoulders=8.0 + (62.0 * flail + 22.0 * settled) * sides,
        abductions=10.0 + 20.0 * flail * sides,
        elbows=14.0 + 26.0 * settled * sides,
        tilt=spec.side * 88.0 * progress,
    )


def _fall(times_sec: np.ndarray, spec: MotionSpec) -> Angles:
    elapsed = (times_sec - spec.event_sec) / spec.event_duration_sec + 0.5
    return _fallen(times_sec, spec, np.clip(elapsed, 0.0, 1.0) ** 1.7)


def _lie(times_sec: np.ndarray, spec: MotionSpec) -> Angles:
    # Half of them as after a fall, half as in the middle of one that stopped.
    height = max(0.0, np.sin(2 * np.pi * spec.phase)) * 0.12
    return _fallen(times_sec, spec, np.full(len(times_sec), 1.0 - height))


POSTURES: dict[str, Callable[[np.ndarray, MotionSpec], Angles]] = {
    "stand": _stand,
    "walk": _walk,
    "run": _run,
    "jump": _jump,
    "fall": _fall,
    "sit": _sit,
    "shake hands": _stand,
    "walk backwards": _walk_backwards,
    "lie": _lie,
}
