"""Draw one person as strokes with clothes: positions in every frame, drawing, tight boxes."""

from __future__ import annotations

import colorsys
from dataclasses import KW_ONLY, dataclass, field

import cv2
import numpy as np

from stad.datasets.synthetic.gaits import ArmSwing, MotionSpec, joint_angles
from stad.datasets.synthetic.skeleton import (
    JOINT_INDEX,
    SIDES,
    Body,
    place_joints,
    raise_arm,
    reach_for,
    view_from,
)

Colour = tuple[int, int, int]
# cv2 draws at 1/16 pixel: with whole pixels slow motion would move in steps.
SUBPIXEL_BITS = 4
SHADOW = 0.45
BLEND_PX = 1.9
SKINS = ((241, 207, 181), (224, 172, 135), (186, 128, 92), (141, 85, 56), (92, 58, 40))
HAIRS = ((25, 20, 18), (70, 45, 25), (150, 105, 50), (120, 120, 120), (110, 45, 20))
STOOLS = ((120, 84, 52), (90, 90, 96), (150, 60, 50), (60, 84, 110), (186, 170, 140))


@dataclass(frozen=True)
class Clothes:
    """Colours, RGB 0-255, and the cut of the sleeves and trousers."""

    skin: Colour
    hair: Colour
    shirt: Colour
    trousers: Colour
    shoes: Colour
    outline: Colour
    short_sleeves: bool


@dataclass(frozen=True)
class Handshake:
    """Position of the clasped hands, relative to the person's own feet, body heights.

    Attributes:
        forward, height: the middle of the motion.
        rate_hz, phase: of the motion up and down.
    """

    forward: float
    height: float
    rate_hz: float
    phase: float


@dataclass(frozen=True)
class FigureSpec:
    """All choices that make one figure; each field can be changed alone.

    Attributes:
        posture: a key of ``gaits.POSTURES``.
        height_px: standing, pixels.
        foot_px: (x, y) of the feet on the ground in the middle of the clip, world pixels.
        drift_px_per_sec: sideways motion in the image, independent of the posture and of the
            direction it faces, as if a camera followed the walker.
        yaw_deg, pitch_deg: see ``skeleton.view_from``.
        motion, body, clothes: of the person.
        arm: the swing of a raised arm, or None.
        handshake: position of the hand that the other person holds too, or None.
    """

    posture: str
    height_px: float
    foot_px: tuple[float, float]
    drift_px_per_sec: float
    yaw_deg: float
    pitch_deg: float
    motion: MotionSpec
    body: Body
    clothes: Clothes
    arm: ArmSwing | None = None
    handshake: Handshake | None = None


@dataclass(frozen=True)
class Stroke:
    """A line through joints, or a disc at one joint.

    Attributes:
        joints: indices of joints.
        width_px: of the line, or the disc's diameter.
        colour: RGB.
        is_outlined: whether a darker edge surrounds it.
    """

    joints: tuple[int, ...]
    width_px: float
    colour: Colour
    is_outlined: bool = True


@dataclass
class Figure:
    """A figure over the T frames of a clip, in image pixels.

    Args:
        spec: of the figure.
        times_sec: (T,) times of the frames, seconds.
        scale: (T,) camera zoom.
        shift_px: (T, 2) camera shift: image = scale * world + shift.

    Attributes:
        points_px: (T, J, 2) float64 joints in the image.
        boxes: (T, 4) float64 xyxy around everything drawn of the person, not clipped.
    """

    spec: FigureSpec
    times_sec: np.ndarray
    _: KW_ONLY
    scale: np.ndarray
    shift_px: np.ndarray
    points_px: np.ndarray = field(init=False)
    boxes: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        world, nearness = world_points(self.spec, self.times_sec)
        self.points_px = world * self.scale[:, None, None] + self.shift_px[:, None]
        self._strokes = _strokes(self.spec, nearness)
        fixed = np.rint(self.points_px * (1 << SUBPIXEL_BITS)).astype(np.int32)
        self._paths = [
            np.ascontiguousarray(fixed[:, list(stroke.joints)]) for stroke in self._strokes
        ]
        self._outline_px = 1 if self.spec.height_px < 90 else 2
        self._stool = self._stool_corners() if self.spec.posture == "sit" else None
        self.boxes = self._tight_boxes()

    def draw(self, image: np.ndarray, index: int) -> None:
        """Draw frame ``index`` into ``image``, (H, W, 3) uint8 RGB, in place."""
        outline = self.spec.clothes.outline
        for stroke, path in zip(self._strokes, self._paths, strict=True):
            if stroke.is_outlined:
                _draw_stroke(image, path[index], stroke.width_px + 2 * self._outline_px, outline)
            _draw_stroke(image, path[index], stroke.width_px, stroke.colour)

    def draw_under(self, image: np.ndarray, index: int) -> None:
        """Draw the shadow and the seat of the person, before the person itself."""
        self._draw_shadow(image, index)
        if self._stool is not None:
            colour = STOOLS[int(self.spec.motion.sway_phase * len(STOOLS))]
            left, top, right, bottom = self._stool[index]
            corners = (left, top), (right, bottom)
            cv2.rectangle(image, *corners, colour, cv2.FILLED)
            cv2.rectangle(image, *corners, tuple(c // 2 for c in colour), 1)

    def _draw_shadow(self, image: np.ndarray, index: int) -> None:
        left, right = self.boxes[index, [0, 2]]
        ground = self.spec.foot_px[1] * self.scale[index] + self.shift_px[index, 1]
        half_height = 0.045 * self.spec.height_px
        first_row, first_column = max(int(ground - half_height), 0), max(int(left), 0)
        area = image[first_row : int(ground + half_height) + 1, first_column : int(right) + 1]
        if not area.size:
            return
        half_width = max((right - left) / 2, 1.0)
        x = (np.arange(area.shape[1]) + first_column - (left + right) / 2) / half_width
        y = (np.arange(area.shape[0]) + first_row - ground) / half_height
        inside = np.maximum(1.0 - x**2 - y[:, None] ** 2, 0.0)
        light = (1.0 - SHADOW * np.sqrt(inside))[..., None]
        np.multiply(area, light, out=area, casting="unsafe")

    def _stool_corners(self) -> list[list[int]]:
        """Return T boxes [left, top, right, bottom], int, of the seat under a sitting person."""
        hips = self.points_px[:, [JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]]].mean(axis=1)
        unit = self.spec.height_px * self.scale
        feet_y = self.spec.foot_px[1] * self.scale + self.shift_px[:, 1]
        edges = [hips[:, 0] - 0.15 * unit, hips[:, 1], hips[:, 0] + 0.15 * unit, feet_y]
        return np.stack([np.rint(edge).astype(int) for edge in edges], axis=1).tolist()

    def _tight_boxes(self) -> np.ndarray:
        lows, highs = [], []
        for stroke in self._strokes:
            points = self.points_px[:, list(stroke.joints)]
            radius = _drawn_width(stroke.width_px + 2 * self._outline_px * stroke.is_outlined) / 2
            lows.append(points.min(axis=1) - radius)
            highs.append(points.max(axis=1) + radius)
        # Pixel centres are whole numbers: the pixel at x covers x - 0.5 to x + 0.5.
        return np.concatenate([np.min(lows, axis=0) + 0.5, np.max(highs, axis=0) + 0.5], axis=1)


def world_points(spec: FigureSpec, times_sec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the joints before any camera motion.

    Returns:
        (T, J, 2) world pixels, y down; (J,) mean nearness to the viewer, body heights.
    """
    times_sec = np.asarray(times_sec, dtype=np.float64)
    joints = place_joints(joint_angles(spec.posture, times_sec, spec=spec.motion), spec.body)
    if spec.handshake is not None:
        shake = spec.handshake
        bob = 0.045 * np.sin(2 * np.pi * (shake.rate_hz * times_sec + shake.phase))
        hand = np.stack(
            [np.full_like(bob, shake.forward), shake.height + bob, np.zeros_like(bob)], axis=1
        )
        reach_for(joints, spec.body, arm="right", target=hand)
    points, nearness = view_from(joints, yaw_deg=spec.yaw_deg, pitch_deg=spec.pitch_deg)
    if spec.arm is not None:
        raise_arm(points, spec.body, swing=spec.arm, times_sec=times_sec)
        side = SIDES[0] if spec.arm.is_left else SIDES[1]
        nearness[[JOINT_INDEX[f"{side}_{name}"] for name in ("shoulder", "elbow", "hand")]] = 1.0
    middle_sec = (times_sec[0] + times_sec[-1]) / 2
    drift_px = spec.drift_px_per_sec * (times_sec - middle_sec)
    world = points * [spec.height_px, -spec.height_px] + spec.foot_px
    world[..., 0] += drift_px[:, None]
    return world, nearness


def draw_clothes(rng: np.random.Generator) -> Clothes:
    """Draw random colours: strong for the shirt and the trousers, which differ in hue."""
    hue = rng.uniform()
    shirt = _from_hsv(hue, rng.uniform(0.55, 1.0), rng.uniform(0.6, 1.0))
    other_hue = (hue + rng.uniform(0.25, 0.75)) % 1.0
    trousers = _from_hsv(other_hue, rng.uniform(0.2, 0.9), rng.uniform(0.3, 0.9))
    shoes = _from_hsv(rng.uniform(), rng.uniform(0.0, 0.6), rng.choice([0.15, 0.95]))
    dark = int(rng.integers(5, 40))
    return Clothes(
        skin=SKINS[rng.integers(len(SKINS))],
        hair=HAIRS[rng.integers(len(HAIRS))],
        shirt=shirt,
        trousers=trousers,
        shoes=shoes,
        outline=(dark, dark, dark),
        short_sleeves=bool(rng.integers(2)),
    )


def _from_hsv(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return round(255 * red), round(255 * green), round(255 * blue)


def _strokes(spec: FigureSpec, nearness: np.ndarray) -> list[Stroke]:
    """Return the strokes of a figure, the farthest first."""
    near_first = nearness[JOINT_INDEX["left_hip"]] > nearness[JOINT_INDEX["right_hip"]]
    far, near = SIDES[::-1] if near_first else SIDES
    # Seen from the front or the back, both arms are on or beside the body.
    shoulders = [nearness[JOINT_INDEX[f"{side}_hand"]] for side in SIDES]
    far_arm_in_front = shoulders[SIDES.index(far)] > nearness[JOINT_INDEX["chest"]] + 0.08
    far_arm, near_arm = _arm(spec, far, 0.78), _arm(spec, near, 1.0)
    legs = _leg(spec, far, 0.78) + _leg(spec, near, 1.0)
    middle = _torso(spec) + _head(spec, nearness)
    behind, before = ([], far_arm) if far_arm_in_front else (far_arm, [])
    return behind + legs + middle + before + near_arm


def _stroke(
    spec: FigureSpec, names: list[str], width: float, colour: Colour, *, is_outlined: bool = True
) -> Stroke:
    width_px = max(2.0, width * spec.height_px)
    return Stroke(tuple(JOINT_INDEX[name] for name in names), width_px, colour, is_outlined)


def _shade(colour: Colour, factor: float) -> Colour:
    red, green, blue = colour
    return round(factor * red), round(factor * green), round(factor * blue)


def _arm(spec: FigureSpec, side: str, light: float) -> list[Stroke]:
    clothes, width = spec.clothes, spec.body.arm_width
    shoulder, elbow, hand = (f"{side}_{name}" for name in ("shoulder", "elbow", "hand"))
    skin, shirt = _shade(clothes.skin, light), _shade(clothes.shirt, light * 0.9)
    fore = skin if clothes.short_sleeves else shirt
    return [
        _stroke(spec, [hand], width * 1.3, skin),
        _stroke(spec, [shoulder, elbow, hand], width, fore),
        _stroke(spec, [shoulder, elbow], width, shirt, is_outlined=False),
        _stroke(spec, [hand], width * 1.3, skin, is_outlined=False),
    ]


def _leg(spec: FigureSpec, side: str, light: float) -> list[Stroke]:
    clothes, width = spec.clothes, spec.body.leg_width
    hip, knee, ankle, toe = (f"{side}_{name}" for name in ("hip", "knee", "ankle", "toe"))
    return [
        _stroke(spec, [ankle, toe], width * 0.75, _shade(clothes.shoes, light)),
        _stroke(spec, [hip, knee, ankle], width, _shade(clothes.trousers, light)),
    ]


def _torso(spec: FigureSpec) -> list[Stroke]:
    body, clothes = spec.body, spec.clothes
    yoke = ["left_shoulder", "right_shoulder"]
    return [
        _stroke(spec, yoke, body.torso_width * 0.6, clothes.shirt),
        _stroke(spec, ["pelvis", "chest"], body.torso_width, clothes.shirt),
        _stroke(spec, yoke, body.torso_width * 0.55, clothes.shirt, is_outlined=False),
    ]


def _head(spec: FigureSpec, nearness: np.ndarray) -> list[Stroke]:
    clothes, size = spec.clothes, 2 * spec.body.head_radius
    hair = _stroke(spec, ["head"], size, clothes.hair)
    if nearness[JOINT_INDEX["nose"]] < nearness[JOINT_INDEX["head"]] - 0.06:
        return [hair]
    face = _stroke(spec, ["face"], 0.72 * size, clothes.skin, is_outlined=False)
    nose = _stroke(spec, ["face", "nose"], 0.2 * size, clothes.skin, is_outlined=False)
    return [hair, face, nose]


def _drawn_width(width_px: float) -> float:
    """Return the width that cv2 draws: whole pixels, and nearly two blended ones on each side.

    Measured on joints at all sub-pixel positions.
    """
    return round(width_px) + 1.0 + 2 * BLEND_PX


def _draw_stroke(image: np.ndarray, path: np.ndarray, width_px: float, colour: Colour) -> None:
    if len(path) == 1:
        radius = round(width_px * (1 << SUBPIXEL_BITS) / 2)
        cv2.circle(image, path[0], radius, colour, cv2.FILLED, cv2.LINE_AA, SUBPIXEL_BITS)
    else:
        cv2.polylines(image, [path], False, colour, round(width_px), cv2.LINE_AA, SUBPIXEL_BITS)
