"""Turn joint angles into joint positions in the image plane: forward kinematics and the view.

The axes of a figure: x forward, y up, z to its left, in body heights; the feet touch y = 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stad.datasets.synthetic.gaits import Angles, ArmSwing

JOINTS = (
    *("pelvis", "chest", "head", "face", "nose"),
    *("left_shoulder", "left_elbow", "left_hand", "right_shoulder", "right_elbow", "right_hand"),
    *("left_hip", "left_knee", "left_ankle", "left_toe"),
    *("right_hip", "right_knee", "right_ankle", "right_toe"),
)
JOINT_INDEX = {name: index for index, name in enumerate(JOINTS)}
SIDES = ("left", "right")
SIDE_SIGNS = (1.0, -1.0)
# Height of the ankle above the sole, so that the stroke of a shoe ends at the ground.
SOLE = 0.03


@dataclass(frozen=True)
class Body:
    """Lengths and widths of one person, body heights."""

    torso: float = 0.31
    neck: float = 0.13
    upper_arm: float = 0.18
    forearm: float = 0.18
    thigh: float = 0.245
    shank: float = 0.235
    foot: float = 0.12
    head_radius: float = 0.075
    shoulder_half: float = 0.095
    hip_half: float = 0.055
    leg_width: float = 0.085
    arm_width: float = 0.065
    torso_width: float = 0.15


def draw_body(rng: np.random.Generator) -> Body:
    """Draw a body whose parts differ by up to a tenth from the default lengths and widths."""
    default = Body()
    return Body(**{name: value * rng.uniform(0.9, 1.1) for name, value in vars(default).items()})


def _direction(degrees: np.ndarray, sideways_deg: np.ndarray | float = 0.0) -> np.ndarray:
    """Return (..., 3) unit vectors: 0 is down, positive is forward, then out to the left."""
    forward, sideways = np.deg2rad(degrees), np.deg2rad(sideways_deg)
    out = np.sin(sideways) * np.ones_like(forward)
    reach = np.cos(sideways)
    return np.stack([np.sin(forward) * reach, -np.cos(forward) * reach, out], axis=-1)


def place_joints(angles: Angles, body: Body) -> np.ndarray:
    """Return the joints of a figure by forward kinematics.

    Args:
        angles: over T times.
        body: the lengths.

    Returns:
        (T, J, 3) float64 positions of ``JOINTS``, body heights, the lowest joint at the ground.
    """
    joints = np.zeros((len(angles.lean), len(JOINTS), 3))
    spine = -_direction(-angles.lean)
    joints[:, JOINT_INDEX["chest"]] = body.torso * spine
    head = joints[:, JOINT_INDEX["chest"]] + body.neck * -_direction(-0.6 * angles.lean)
    ahead = _direction(90.0 + 0.6 * -angles.lean) * body.head_radius
    joints[:, JOINT_INDEX["head"]] = head
    joints[:, JOINT_INDEX["face"]] = head + 0.45 * ahead
    joints[:, JOINT_INDEX["nose"]] = head + 1.25 * ahead
    for index in range(2):
        _place_arm(joints, angles, body, index)
        _place_leg(joints, angles, body, index)
    joints = _tilt(joints, angles.tilt)
    joints[..., 1] -= joints[..., 1].min(axis=1, keepdims=True) - SOLE
    joints[..., 1] += angles.lift[:, None]
    return joints


def _place_arm(joints: np.ndarray, angles: Angles, body: Body, index: int) -> None:
    side, sign = SIDES[index], SIDE_SIGNS[index]
    shoulder = 0.93 * joints[:, JOINT_INDEX["chest"]] + [0.0, 0.0, sign * body.shoulder_half]
    flexion, away = angles.shoulders[:, index], sign * angles.abductions[:, index]
    elbow = shoulder + body.upper_arm * _direction(flexion, away)
    hand = elbow + body.forearm * _direction(flexion + angles.elbows[:, index], 0.5 * away)
    for name, place in (("shoulder", shoulder), ("elbow", elbow), ("hand", hand)):
        joints[:, JOINT_INDEX[f"{side}_{name}"]] = place


def _place_leg(joints: np.ndarray, angles: Angles, body: Body, index: int) -> None:
    side, sign = SIDES[index], SIDE_SIGNS[index]
    hip = joints[:, JOINT_INDEX["pelvis"]] + [0.0, 0.0, sign * body.hip_half]
    thigh_deg = angles.hips[:, index]
    shank_deg = thigh_deg - angles.knees[:, index]
    knee = hip + body.thigh * _direction(thigh_deg, sign * 3.0)
    ankle = knee + body.shank * _direction(shank_deg)
    # A foot turns less than its shank.
    toe = ankle + body.foot * _direction(84.0 + 0.7 * shank_deg)
    for name, place in (("hip", hip), ("knee", knee), ("ankle", ankle), ("toe", toe)):
        joints[:, JOINT_INDEX[f"{side}_{name}"]] = place


def _tilt(joints: np.ndarray, tilt_deg: np.ndarray) -> np.ndarray:
    """Turn each body about its feet; a fallen body keeps its middle over the same place."""
    if not tilt_deg.any():
        return joints
    ankles = [JOINT_INDEX["left_ankle"], JOINT_INDEX["right_ankle"]]
    feet = joints[:, ankles].mean(axis=1, keepdims=True) * [1.0, 1.0, 0.0]
    turned = joints - feet
    cos, sin = (f(np.deg2rad(tilt_deg))[:, None] for f in (np.cos, np.sin))
    forward = cos * turned[..., 0] + sin * turned[..., 1]
    up = cos * turned[..., 1] - sin * turned[..., 0]
    # Half the height to the side at the end: the feet slide back while the body goes down.
    return np.stack([forward - 0.45 * sin, up, turned[..., 2]], axis=-1)


def reach_for(joints: np.ndarray, body: Body, *, arm: str, target: np.ndarray) -> None:
    """Bend an arm so that its hand is at a target (two-bone inverse kinematics), in place.

    Args:
        joints: (T, J, 3) positions.
        body: the lengths.
        arm: 'left' or 'right'.
        target: (T, 3) of the hand; if it is out of reach, the arm points at it.
    """
    shoulder = joints[:, JOINT_INDEX[f"{arm}_shoulder"]]
    line = target - shoulder
    distance = np.linalg.norm(line, axis=1, keepdims=True)
    upper, fore = body.upper_arm, body.forearm
    reach = np.clip(distance, abs(upper - fore) + 1e-3, 0.995 * (upper + fore))
    along = line / np.maximum(distance, 1e-6)
    to_elbow = (reach**2 + upper**2 - fore**2) / (2 * reach)
    drop = np.sqrt(np.maximum(upper**2 - to_elbow**2, 0.0))
    down = np.array([0.0, -1.0, 0.0]) + along * along[:, 1:2]
    down /= np.maximum(np.linalg.norm(down, axis=1, keepdims=True), 1e-6)
    joints[:, JOINT_INDEX[f"{arm}_elbow"]] = shoulder + to_elbow * along + drop * down
    joints[:, JOINT_INDEX[f"{arm}_hand"]] = shoulder + reach * along


def view_from(
    joints: np.ndarray, *, yaw_deg: float, pitch_deg: float
) -> tuple[np.ndarray, np.ndarray]:
    """Project a figure, seen from the side (yaw 0 faces right, 180 left, 90 towards the viewer).

    Args:
        joints: (T, J, 3) positions.
        yaw_deg: the direction it faces.
        pitch_deg: how far the viewer looks down.

    Returns:
        (T, J, 2) positions in the image plane, x right and y up, body heights; (J,) mean
        nearness to the viewer.
    """
    yaw, pitch = np.deg2rad(yaw_deg), np.deg2rad(pitch_deg)
    right = joints[..., 0] * np.cos(yaw) + joints[..., 2] * np.sin(yaw)
    near = joints[..., 0] * np.sin(yaw) - joints[..., 2] * np.cos(yaw)
    up = joints[..., 1] * np.cos(pitch) - near * np.sin(pitch)
    return np.stack([right, up], axis=-1), near.mean(axis=0)


def raise_arm(points: np.ndarray, body: Body, *, swing: ArmSwing, times_sec: np.ndarray) -> None:
    """Raise one arm in the image plane, in place, so that it is fully visible from any side.

    Args:
        points: (T, J, 2) from ``view_from``.
        body: the lengths.
        swing: its motion.
        times_sec: (T,) seconds.
    """
    side = SIDES[0] if swing.is_left else SIDES[1]
    upper, fore = (np.deg2rad(degrees) for degrees in swing.angles(times_sec))
    shoulder = points[:, JOINT_INDEX[f"{side}_shoulder"]]
    outward = np.array([swing.outward, 1.0])
    elbow = shoulder + body.upper_arm * outward * np.stack([np.sin(upper), np.cos(upper)], axis=1)
    # A raised forearm looks longer than a hanging one: it is nearer to the camera.
    hand = elbow + 1.2 * body.forearm * outward * np.stack([np.sin(fore), np.cos(fore)], axis=1)
    points[:, JOINT_INDEX[f"{side}_elbow"]] = elbow
    points[:, JOINT_INDEX[f"{side}_hand"]] = hand
