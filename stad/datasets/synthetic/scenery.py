"""Draw what surrounds the figures: a moving camera, backgrounds, occluders, sensor noise."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

Colour = tuple[int, int, int]
# How far the background extends beyond the image on each side, relative to its size.
MARGIN = 0.25


@dataclass(frozen=True)
class CameraPath:
    """Image = scale * world + shift; without motion both are the same.

    Attributes:
        scale: (T,) zoom about the middle of the image.
        shift_px: (T, 2) pixels.
    """

    scale: np.ndarray
    shift_px: np.ndarray


def draw_camera_path(
    rng: np.random.Generator, times_sec: np.ndarray, *, size_px: tuple[int, int]
) -> CameraPath:
    """Draw pan, zoom and shake, each in some clips; each direction is as likely as its reverse.

    Args:
        rng: source of randomness.
        times_sec: (T,) seconds.
        size_px: (width, height).
    """
    size = np.array(size_px, dtype=np.float64)
    around = times_sec - (times_sec[0] + times_sec[-1]) / 2
    pan = rng.uniform(-0.05, 0.05, size=2) * [1.0, 0.3] * (rng.uniform() < 0.6)
    zoom = rng.uniform(-0.05, 0.05) * (rng.uniform() < 0.4)
    shake_px = rng.uniform(0.3, 1.2) * (rng.uniform() < 0.5)
    shift = size * pan * around[:, None]
    for rate_hz in (0.7, 1.7, 3.1):
        phase = rng.uniform(size=2)
        shift += shake_px / rate_hz * np.sin(2 * np.pi * (rate_hz * around[:, None] + phase))
    scale = np.exp(zoom * around)
    return CameraPath(scale=scale, shift_px=shift + (1 - scale[:, None]) * size / 2)


class Background:
    """A still scene larger than the image, seen through the camera.

    Args:
        rng: source of randomness.
        size_px: (width, height) of the image.
    """

    def __init__(self, rng: np.random.Generator, size_px: tuple[int, int]) -> None:
        self._size_px = size_px
        self._margin_px = np.array([round(MARGIN * side) for side in size_px])
        width, height = np.array(size_px) + 2 * self._margin_px
        horizon = int(self._margin_px[1] + rng.uniform(0.5, 0.72) * size_px[1])
        paint = (_street, _park, _room, _haze)[rng.integers(4)]
        canvas = paint(rng, int(width), int(height), horizon)
        self._canvas = _finish(rng, canvas)

    def view(self, camera: CameraPath, index: int) -> np.ndarray:
        """Return frame ``index`` of the camera, (H, W, 3) uint8 RGB."""
        scale = camera.scale[index]
        shift = camera.shift_px[index] - scale * self._margin_px
        matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
        return cv2.warpAffine(
            self._canvas, matrix, self._size_px, None, cv2.INTER_LINEAR, cv2.BORDER_REFLECT
        )


def _finish(rng: np.random.Generator, canvas: np.ndarray) -> np.ndarray:
    """Light from one side, mute the colours and blur a little, so that people stand out."""
    height, width = canvas.shape[:2]
    across = np.linspace(-1, 1, width)[None, :] * rng.uniform(-0.18, 0.18)
    down = np.linspace(-1, 1, height)[:, None] * rng.uniform(-0.18, 0.18)
    image = canvas.astype(np.float32) * (1 + across + down)[..., None]
    grey = image.mean(axis=2, keepdims=True)
    image = grey + rng.uniform(0.3, 0.75) * (image - grey)
    middle = rng.uniform(95, 185)
    image = middle + rng.uniform(0.5, 0.85) * (image - image.mean())
    image *= rng.uniform(0.93, 1.07, size=3)
    image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 1.2))
    return np.clip(image, 0, 255).astype(np.uint8)


def _clouds(
    rng: np.random.Generator, width_px: int, height_px: int, *, coarsest: int = 3
) -> np.ndarray:
    """Return (H, W) float32 in about -1..1: the sum of smooth noise of several sizes."""
    total = np.zeros((height_px, width_px), dtype=np.float32)
    weight = 1.0
    for octave in range(5):
        cells = coarsest * 2**octave
        grid = rng.uniform(-1, 1, size=(cells, cells)).astype(np.float32)
        total += weight * cv2.resize(grid, (width_px, height_px), interpolation=cv2.INTER_CUBIC)
        weight *= 0.55
    return total / 1.5


def _colour(rng: np.random.Generator, low: int = 40, high: int = 220) -> Colour:
    red, green, blue = rng.integers(low, high, size=3).tolist()
    return red, green, blue


def _half(colour: Colour) -> Colour:
    """Return a colour of half the brightness."""
    red, green, blue = colour
    return red // 2, green // 2, blue // 2


def _ground_and_wall(
    rng: np.random.Generator, width: int, height: int, horizon: int, *, grain: float
) -> np.ndarray:
    """Paint two areas, each with a slow gradient and a grain."""
    canvas = np.empty((height, width, 3), dtype=np.float32)
    for rows in (slice(0, horizon), slice(horizon, height)):
        first, second = np.array(_colour(rng, 70, 230)), np.array(_colour(rng, 70, 230))
        count = len(range(*rows.indices(height)))
        mix = np.linspace(0, 0.5, count)[:, None, None]
        canvas[rows] = first * (1 - mix) + second * mix
    canvas += grain * _clouds(rng, width, height, coarsest=8)[..., None]
    return np.clip(canvas, 0, 255).astype(np.uint8)


def _street(rng: np.random.Generator, width: int, height: int, horizon: int) -> np.ndarray:
    canvas = _ground_and_wall(rng, width, height, horizon, grain=14)
    left = 0
    while left < width:
        house_width = int(rng.integers(width // 10, width // 4))
        top = int(horizon - rng.uniform(0.3, 0.95) * horizon)
        wall, window = _colour(rng), _colour(rng)
        right = left + house_width
        cv2.rectangle(canvas, (left, top), (right, horizon), wall, cv2.FILLED)
        step = int(rng.integers(9, 16))
        for y in range(top + 4, horizon - step, step):
            for x in range(left + 4, right - step // 2, step):
                size = step // 2
                cv2.rectangle(canvas, (x, y), (x + size, y + size), window, cv2.FILLED)
        left = right + int(rng.integers(0, width // 20))
    lane = _colour(rng, 120, 240)
    y = horizon + (height - horizon) // 2
    cv2.line(canvas, (0, y), (width, y + int(rng.integers(-9, 9))), lane, 2)
    return canvas


def _park(rng: np.random.Generator, width: int, height: int, horizon: int) -> np.ndarray:
    canvas = _ground_and_wall(rng, width, height, horizon, grain=32)
    for _ in range(rng.integers(3, 9)):
        x, size = int(rng.integers(0, width)), int(rng.integers(height // 10, height // 4))
        foot = horizon + int(rng.integers(0, 8))
        bark, leaf = _colour(rng, 40, 110), _colour(rng, 50, 170)
        cv2.line(canvas, (x, foot), (x, foot - 2 * size), bark, max(2, size // 5))
        for _ in range(5):
            away = rng.normal(scale=0.4 * size, size=2)
            center = (int(x + away[0]), int(foot - 2 * size + away[1]))
            shade = tuple(int(c * rng.uniform(0.8, 1.2)) for c in leaf)
            cv2.circle(canvas, center, int(0.6 * size), shade, cv2.FILLED, cv2.LINE_AA)
    return canvas


def _room(rng: np.random.Generator, width: int, height: int, horizon: int) -> np.ndarray:
    canvas = _ground_and_wall(rng, width, height, horizon, grain=8)
    if rng.uniform() < 0.5:
        stripe, step = _colour(rng, 90, 220), int(rng.integers(10, 30))
        for x in range(0, width, step):
            cv2.line(canvas, (x, 0), (x, horizon), stripe, int(rng.integers(1, 4)))
    board, vanish = _colour(rng, 60, 180), int(rng.integers(0, width))
    for x in range(-width, 2 * width, int(rng.integers(24, 50))):
        cv2.line(canvas, ((x + vanish) // 2, horizon), (x, height), board, 1, cv2.LINE_AA)
    for _ in range(rng.integers(2, 6)):
        x, w = int(rng.integers(0, width)), int(rng.integers(width // 12, width // 5))
        h = int(rng.integers(height // 10, height // 3))
        # Cupboards stand on the floor, images and windows hang on the wall.
        bottom = horizon + 4 if rng.uniform() < 0.5 else int(rng.integers(h, max(h + 1, horizon)))
        cv2.rectangle(canvas, (x, bottom - h), (x + w, bottom), _colour(rng), cv2.FILLED)
        cv2.rectangle(canvas, (x, bottom - h), (x + w, bottom), _colour(rng, 20, 120), 1)
    cv2.line(canvas, (0, horizon), (width, horizon), _colour(rng), 2)
    return canvas


def _haze(rng: np.random.Generator, width: int, height: int, horizon: int) -> np.ndarray:
    canvas = _ground_and_wall(rng, width, height, horizon, grain=10).astype(np.float32)
    for channel in range(3):
        canvas[..., channel] += rng.uniform(15, 45) * _clouds(rng, width, height)
    return np.clip(canvas, 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class Occluder:
    """A thing in front of all people: filled polygons, farthest first.

    Attributes:
        polygons: each (N, 2) world pixels and a colour.
        parallax: its motion with the camera, relative to that of the background.
    """

    polygons: tuple[tuple[np.ndarray, Colour], ...]
    parallax: float

    def draw(self, image: np.ndarray, camera: CameraPath, index: int) -> None:
        """Draw it into ``image``, (H, W, 3) uint8, in place."""
        shift = camera.shift_px[index] * self.parallax
        for points, colour in self.polygons:
            corners = np.rint((points * camera.scale[index] + shift) * 16).astype(np.int32)
            cv2.fillPoly(image, [corners], colour, cv2.LINE_AA, 4)


def draw_occluders(rng: np.random.Generator, size_px: tuple[int, int]) -> list[Occluder]:
    """Draw none, one or two things in front of the people."""
    kinds = (_pole, _bush, _bench, _fence)
    count = rng.choice(3, p=[0.45, 0.4, 0.15])
    return [
        Occluder(kinds[rng.integers(len(kinds))](rng, *size_px), parallax=rng.uniform(1.0, 1.3))
        for _ in range(count)
    ]


def _box(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def _pole(rng: np.random.Generator, width: int, height: int):
    x, half = rng.uniform(0, width), rng.uniform(0.012, 0.03) * width
    colour = _colour(rng, 30, 170)
    red, green, blue = colour
    lit = (min(255, red + 35), min(255, green + 35), min(255, blue + 35))
    pole = _box(x - half, -height, x + half, 2 * height)
    return (pole, colour), (_box(x - half, -height, x - half / 3, 2 * height), lit)


def _bush(rng: np.random.Generator, width: int, height: int):
    x, radius = rng.uniform(0, width), rng.uniform(0.1, 0.22) * height
    around = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    out = radius * (1 + 0.12 * np.sin(7 * around + rng.uniform(0, 6)) + rng.normal(0, 0.05, 40))
    ring = np.stack([1.4 * out * np.cos(around), out * np.sin(around)], axis=1)
    leaf = (int(rng.integers(20, 90)), int(rng.integers(70, 140)), int(rng.integers(20, 80)))
    dark = _half(leaf)
    center = np.array([x, height - 0.35 * radius])
    return (ring + center, dark), (0.85 * ring + center - [2, 2], leaf)


def _bench(rng: np.random.Generator, width: int, height: int):
    x, half = rng.uniform(0, width), rng.uniform(0.1, 0.2) * width
    top = height * rng.uniform(0.78, 0.88)
    colour = _colour(rng, 60, 200)
    dark = _half(colour)
    board = _box(x - half, top, x + half, top + 0.05 * height)
    return (_box(x - half, top, x + half, 2 * height), dark), (board, colour)


def _fence(rng: np.random.Generator, width: int, height: int):
    x, half = rng.uniform(0, width), rng.uniform(0.12, 0.25) * width
    top, colour = height * rng.uniform(0.76, 0.86), _colour(rng, 60, 230)
    step, bar = rng.uniform(0.04, 0.06) * width, 0.012 * width
    rail = _box(x - half, top + 0.03 * height, x + half, top + 0.06 * height)
    lefts = np.arange(x - half, x + half, step).tolist()
    bars = [_box(at, top, at + bar, 2 * height) for at in lefts]
    return tuple((shape, colour) for shape in [rail, *bars])


class SensorNoise:
    """Noise that differs from frame to frame, cut from one tile to be cheap.

    Args:
        rng: source of randomness.
        size_px: (width, height) of the image.
    """

    SPARE_PX = 32

    def __init__(self, rng: np.random.Generator, size_px: tuple[int, int]) -> None:
        width, height = size_px
        self._size_px = size_px
        shape = (height + self.SPARE_PX, width + self.SPARE_PX, 3)
        grain = rng.normal(0, rng.uniform(1.0, 5.0), size=shape)
        self._brighter = np.clip(np.rint(grain), 0, 255).astype(np.uint8)
        self._darker = np.clip(np.rint(-grain), 0, 255).astype(np.uint8)

    def add(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return (H, W, 3) uint8 with the noise of one frame, from a random place in the tile."""
        left, top = rng.integers(0, self.SPARE_PX, size=2)
        rows = slice(top, top + self._size_px[1])
        columns = slice(left, left + self._size_px[0])
        image = cv2.add(image, self._brighter[rows, columns])
        return cv2.subtract(image, self._darker[rows, columns])
