"""Render clips whose classes differ in time alone: each one reversed is another class."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from stad.annotations.label_maps import class_names

CLASSES = class_names("motion")
NUM_PAIRS = len(CLASSES) // 2
SPINS = tuple(label for label, name in enumerate(CLASSES) if name.startswith("spin"))

# decord cannot read a few narrow sizes, 72 among them.
SIDE_PX = 80
# Relative to the side.
SHAPE_SIDE = (0.28, 0.42)
TRAVEL = (0.35, 0.55)
# Less than half a turn between samples an eighth of the clip apart, or the direction is lost.
TURN_DEG = (200.0, 320.0)
# Turn between neighbours of 32 frames. Eight frames are about one and a half turns, so that
# samples eight frames apart do not show the direction; four are three quarters of a turn.
SPIN_DEG = (63.0, 72.0)
SPIN_FRAMES = 32
NOISE_DEVIATION = 6.0
# Sub-pixel positions are drawn on a grid of 1 / 2 ** SHIFT_BITS pixel.
SHIFT_BITS = 4


class MotionClip(NamedTuple):
    """A clip and its class.

    Attributes:
        frames: (T, H, W, 3) uint8 RGB.
        label: from 0, see ``CLASSES``.
    """

    frames: np.ndarray
    label: int


class _Pose(NamedTuple):
    """The shape in each frame: centre in pixels, angle in radians, and opacity, 0-1."""

    center_px: np.ndarray
    angle: np.ndarray
    opacity: np.ndarray


def reversed_label(label: int) -> int:
    """Return the class of a clip of ``label`` that is played backwards.

    >>> CLASSES[reversed_label(CLASSES.index("move left"))]
    'move right'
    """
    return label ^ 1


def render_motion(seed: int, *, num_frames: int = 32, side_px: int = SIDE_PX) -> MotionClip:
    """Render one clip.

    Seeds are in pairs, 0 and 1, 2 and 3 ...: one is the other played backwards, to the last bit.
    So neither a frame nor a set of frames without their order tells the two classes apart. Five
    successive pairs of seeds have the five pairs of classes.

    Args:
        seed: of everything random, from 0.
        num_frames: T.
        side_px: of the square frame, pixels.
    """
    rng = np.random.default_rng(seed // 2)
    pair = seed // 2 % NUM_PAIRS
    backwards = bool(rng.integers(2)) ^ bool(seed % 2)
    ground = _draw_ground(rng, side_px)
    colour = rng.uniform(0, 255, 3)
    # Keep the shape visible in front of the ground, whatever the two colours are.
    if np.abs(colour - ground.mean(axis=(0, 1))).max() < 80:
        colour = (colour + 128) % 256
    corners = _draw_shape(rng, side_px)
    pose = _draw_path(rng, pair, num_frames=num_frames, side_px=side_px)
    frames = [
        _paint(ground, corners, colour, pose=pose, index=index) for index in range(num_frames)
    ]
    noisy = np.stack(frames) + rng.normal(0, NOISE_DEVIATION, (num_frames, side_px, side_px, 1))
    frames = noisy.clip(0, 255).astype(np.uint8)
    label = 2 * pair
    return MotionClip(frames[::-1], label + 1) if backwards else MotionClip(frames, label)


def _draw_ground(rng: np.random.Generator, side_px: int) -> np.ndarray:
    """Draw soft blots, (side, side, 3) float64."""
    coarse = rng.uniform(40, 215, (5, 5, 3)).astype(np.float32)
    return cv2.resize(coarse, (side_px, side_px), interpolation=cv2.INTER_CUBIC).astype(np.float64)


def _draw_shape(rng: np.random.Generator, side_px: int) -> np.ndarray:
    """Draw the corners of a wedge around the origin, (4, 2) pixels; its direction is visible."""
    length = rng.uniform(*SHAPE_SIDE) * side_px
    front, back = rng.uniform(0.1, 0.25) * length, rng.uniform(0.5, 0.8) * length
    half = length / 2
    return np.array([(half, front), (half, -front), (-half, -back), (-half, back)]) * (1, 0.5)


def _draw_path(rng: np.random.Generator, pair: int, *, num_frames: int, side_px: int) -> _Pose:
    """Draw the path of the first class of a pair."""
    time = np.linspace(0, 1, num_frames)
    center = np.tile(rng.uniform(0.4, 0.6, 2) * side_px, (num_frames, 1))
    angle = np.full(num_frames, rng.uniform(0, 2 * np.pi))
    opacity = np.ones(num_frames)
    if pair == 0:
        center[:, 0] += (0.5 - time) * rng.uniform(*TRAVEL) * side_px
    elif pair == 1:
        center[:, 1] += (0.5 - time) * rng.uniform(*TRAVEL) * side_px
    elif pair == 2:
        # y points down: a growing angle turns clockwise.
        angle += time * np.deg2rad(rng.uniform(*TURN_DEG))
    elif pair == 3:
        begin, length = rng.uniform(0.1, 0.4), rng.uniform(0.2, 0.5)
        opacity = ((time - begin) / length).clip(0, 1)
    else:
        angle += time * np.deg2rad(rng.uniform(*SPIN_DEG) * (SPIN_FRAMES - 1))
    return _Pose(center, angle, opacity)


def _paint(
    ground: np.ndarray, corners: np.ndarray, colour: np.ndarray, *, pose: _Pose, index: int
) -> np.ndarray:
    angle = pose.angle[index]
    turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    placed = corners @ turn.T + pose.center_px[index]
    mask = np.zeros(ground.shape[:2], dtype=np.uint8)
    points = np.round(placed * 2**SHIFT_BITS).astype(np.int32)
    cv2.fillConvexPoly(mask, points, 255, lineType=cv2.LINE_AA, shift=SHIFT_BITS)
    alpha = mask[..., None] / 255 * pose.opacity[index]
    return ground * (1 - alpha) + colour * alpha
