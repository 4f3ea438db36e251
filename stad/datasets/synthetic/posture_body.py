"""Turn postures into points of a body, and see them with a camera.

The axes of a body, metres: x to its left, y up, z forward; the floor is y = 0.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from stad.datasets.synthetic.posture_angles import (
    ARMS_APART,
    ELBOWS,
    HIPS,
    KNEES,
    LEGS_APART,
    PITCH,
    ROLL,
    SHOULDERS,
    SPINE,
    SURFACE,
    TWIST,
    pick,
)

_SIDED = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "toe", "hand")
POINTS = (
    *("nose", "head_top"),
    *(f"{side}_{name}" for name in _SIDED for side in ("left", "right")),
)
POINT_INDEX = {name: index for index, name in enumerate(POINTS)}
SIDE_SIGNS = np.array([1.0, -1.0])
# Height of the lowest point above what carries it: points are inside of the body.
FLESH_M = 0.06
HAND_M = 0.09
FOOT_DEG = 75
# Keypoints in tangents of angles are small numbers; this makes them pixels, as of a clip.
FOCAL_PX = 1000.0
# A body that would touch the camera is moved away from it.
MIN_DEPTH_M = 0.3


@dataclass(frozen=True)
class BodyLengths:
    """Lengths from joint to joint; body heights, but the height.

    They differ from ``skeleton.Body``, which is for figures that are drawn with thick strokes:
    these are the distances between BlazePose's points, so a forearm ends at the wrist.
    """

    height_m: float = 1.7
    torso: float = 0.29
    neck: float = 0.115
    shoulder_half: float = 0.105
    hip_half: float = 0.055
    upper_arm: float = 0.165
    forearm: float = 0.145
    thigh: float = 0.245
    shank: float = 0.24
    foot: float = 0.11
    nose: float = 0.059
    head_top: float = 0.076

    def metres(self, name: str) -> float:
        """Return the length of a part, metres."""
        return getattr(self, name) * self.height_m


# The head is about the same in all bodies.
_SAME = ("height_m", "nose", "head_top")


def draw_lengths(rng: np.random.Generator) -> BodyLengths:
    """Draw a body of 1.5 to 1.92 m whose parts differ by up to 7 % from the default lengths."""
    names = [field.name for field in fields(BodyLengths) if field.name not in _SAME]
    default = BodyLengths()
    lengths = {name: getattr(default, name) * rng.uniform(0.93, 1.07) for name in names}
    return BodyLengths(height_m=rng.uniform(1.5, 1.92), **lengths)


def place_points(postures: np.ndarray, lengths: BodyLengths) -> np.ndarray:
    """Return the points of a body by forward kinematics.

    Args:
        postures: (T, 17), see ``posture_angles``.
        lengths: of the body.

    Returns:
        (T, P, 3) float64 positions of ``POINTS``, metres; the lowest point lies on the surface.
    """
    points = np.zeros((len(postures), len(POINTS), 3))
    # Columns of a frame: left, up and forward of the pelvis, then of the chest.
    pelvis = (
        _rotations(-postures[:, ROLL], 2)
        @ _rotations(postures[:, PITCH], 0)
        @ _rotations(postures[:, TWIST], 1)
    )
    chest = pelvis @ _rotations(postures[:, SPINE], 0)
    # A bent spine is an arc: its chord is between the directions of its ends.
    spine = 0.45 * pelvis[..., 1] + 0.55 * chest[..., 1]
    neck = lengths.metres("torso") * spine
    head = neck + lengths.metres("neck") * chest[..., 1]
    points[:, POINT_INDEX["nose"]] = head + lengths.metres("nose") * chest[..., 2]
    points[:, POINT_INDEX["head_top"]] = head + lengths.metres("head_top") * chest[..., 1]
    _place_arms(points, postures, lengths, neck=neck, chest=chest)
    _place_legs(points, postures, lengths, pelvis=pelvis)
    lowest = points[..., 1].min(axis=1) - FLESH_M
    points[..., 1] += (postures[:, SURFACE] - lowest)[:, None]
    return points


def both_sides(name: str) -> slice:
    """Return the left and the right point of this name, as a slice of ``POINTS``."""
    left = POINT_INDEX[f"left_{name}"]
    return slice(left, left + 2)


def _place_arms(
    points: np.ndarray,
    postures: np.ndarray,
    lengths: BodyLengths,
    *,
    neck: np.ndarray,
    chest: np.ndarray,
) -> None:
    flexion, apart = postures[:, SHOULDERS], postures[:, ARMS_APART] * SIDE_SIGNS
    aside = SIDE_SIGNS[:, None] * chest[:, None, :, 0]
    shoulders = neck[:, None] + lengths.metres("shoulder_half") * aside
    elbows = shoulders + lengths.metres("upper_arm") * _directions(chest, flexion, apart)
    fore = _directions(chest, flexion + postures[:, ELBOWS], 0.4 * apart)
    wrists = elbows + lengths.metres("forearm") * fore
    points[:, both_sides("shoulder")], points[:, both_sides("elbow")] = shoulders, elbows
    points[:, both_sides("wrist")], points[:, both_sides("hand")] = wrists, wrists + HAND_M * fore


def _place_legs(
    points: np.ndarray, postures: np.ndarray, lengths: BodyLengths, *, pelvis: np.ndarray
) -> None:
    flexion, apart = postures[:, HIPS], postures[:, LEGS_APART] * SIDE_SIGNS
    hips = lengths.metres("hip_half") * SIDE_SIGNS[:, None] * pelvis[:, None, :, 0]
    shank_deg = flexion - postures[:, KNEES]
    knees = hips + lengths.metres("thigh") * _directions(pelvis, flexion, apart)
    ankles = knees + lengths.metres("shank") * _directions(pelvis, shank_deg, 0.5 * apart)
    feet = _directions(pelvis, shank_deg + FOOT_DEG, np.zeros_like(apart))
    points[:, both_sides("hip")], points[:, both_sides("knee")] = hips, knees
    points[:, both_sides("ankle")] = ankles
    points[:, both_sides("toe")] = ankles + lengths.metres("foot") * feet


def _directions(frames: np.ndarray, flexion_deg: np.ndarray, left_deg: np.ndarray) -> np.ndarray:
    """Return (T, 2, 3) unit vectors: 0 is down in the frame (T, 3, 3), then forward and left."""
    flexion, left = np.deg2rad(flexion_deg), np.deg2rad(left_deg)
    reach = np.cos(left)
    own = [np.sin(left), -np.cos(flexion) * reach, np.sin(flexion) * reach]
    return np.stack(own, axis=-1) @ frames.transpose(0, 2, 1)


def _rotations(degrees: np.ndarray, axis: int) -> np.ndarray:
    """Return (T, 3, 3) rotations about x (0), y (1) or z (2)."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    rotations = np.zeros((len(degrees), 3, 3))
    rotations[:, axis, axis] = 1
    rotations[:, first, first] = rotations[:, second, second] = np.cos(np.deg2rad(degrees))
    rotations[:, second, first] = np.sin(np.deg2rad(degrees))
    rotations[:, first, second] = -rotations[:, second, first]
    return rotations


@dataclass(frozen=True)
class Camera:
    """A camera and the way a person stands before it.

    Attributes:
        yaw: direction that the body faces, radians; 0 faces away from the camera.
        height_m: above the floor.
        distance_m: to the person along the floor.
        aside: of the person from the optical axis, per distance.
        tilt: downwards, radians.
        roll: about the optical axis, radians.
    """

    yaw: float
    height_m: float
    distance_m: float
    aside: float = 0.0
    tilt: float = 0.0
    roll: float = 0.0


def draw_camera(rng: np.random.Generator) -> Camera:
    """Draw a camera at the height of eyes, on a wall or on a low table."""
    heights = {(0.9, 1.8): 0.5, (1.8, 3.4): 0.35, (0.25, 0.9): 0.15}
    height = rng.uniform(*pick(rng, heights))
    distance = np.exp(rng.uniform(np.log(1.8), np.log(9)))
    # It looks at some height of the person, not always well.
    target = rng.uniform(0.3, 1.4)
    return Camera(
        yaw=rng.uniform(0, 2 * np.pi),
        height_m=height,
        distance_m=distance,
        aside=rng.uniform(-0.45, 0.45),
        tilt=np.arctan2(height - target, distance) + rng.normal(0, 0.06),
        roll=rng.normal(0, 0.03),
    )


class View(NamedTuple):
    """Points of a body as a camera sees them over T times.

    Attributes:
        flat: (T, P, 2) pixels, x right and y down, from the optical axis.
        metric: (T, P, 3) metres from the middle of the hips; y down, z away from the camera.
    """

    flat: np.ndarray
    metric: np.ndarray


def see_body(points: np.ndarray, path: np.ndarray, camera: Camera) -> View:
    """Project a body that moves on a path; the keyframe is in the middle.

    Args:
        points: (T, P, 3) from ``place_points``.
        path: (T, 2) metres to the left and forward of the body.
        camera: where it is.
    """
    left, ahead = points[..., 0] + path[:, :1], points[..., 2] + path[:, 1:]
    cos, sin = np.cos(camera.yaw), np.sin(camera.yaw)
    # The left of a body that faces away is the left of the image.
    right, away = -cos * left + sin * ahead, sin * left + cos * ahead
    middle = len(points) // 2
    right = right - right[middle].mean() - camera.aside * camera.distance_m
    away = away - away[middle].mean() + camera.distance_m
    down = camera.height_m - points[..., 1]
    cos, sin = np.cos(camera.tilt), np.sin(camera.tilt)
    down, depth = cos * down - sin * away, np.maximum(sin * down + cos * away, MIN_DEPTH_M)
    metric = np.stack([right, down, depth], axis=-1)
    cos, sin = np.cos(camera.roll), np.sin(camera.roll)
    flat = metric[..., :2] / depth[..., None] @ np.array([[cos, sin], [-sin, cos]])
    hips = metric[:, both_sides("hip")].mean(axis=1, keepdims=True)
    return View(FOCAL_PX * flat, metric - hips)
