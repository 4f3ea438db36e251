"""Define the rows that are described: a person at a time, as it is and changed for training."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stad.annotations.own.examples import boxes_at
from stad.annotations.own.labels import ActorTrack
from stad.video.window import Window

# Changes of variants: the logarithm of the size, the centre in sides of the box, the time in steps.
SCALE, SHIFT, TIME = 0.12, 0.06, 0.4


@dataclass(frozen=True)
class Shot:
    """One person, or the whole frame, at one time in one variant.

    Attributes:
        track: id of the track; ``WHOLE_FRAME`` for the whole frame.
        time_sec: the middle of the window, seconds from the start of the video.
        variant: 0 for what is there.
        is_mirrored: left and right are exchanged.
        path_sec: (P,) times of the boxes, seconds.
        path: (P, 4) float32 xyxy, source pixels; for the whole frame, where its people are.
    """

    track: int
    time_sec: float
    variant: int
    is_mirrored: bool
    path_sec: np.ndarray
    path: np.ndarray

    def boxes(self, times_sec: Sequence[float] | np.ndarray) -> np.ndarray:
        """Return the boxes at T times, before mirroring: (T, 4) float32 xyxy, source pixels."""
        return boxes_at(self.path_sec, self.path, np.asarray(times_sec, np.float64))

    def name(self, window: Window) -> str:
        """Return a text that changes with everything that the features depend on."""
        path = self.boxes(self.time_sec + window.offsets_sec()).round(1)
        digest = hashlib.sha256(path.tobytes()).hexdigest()[:12]
        return f"{round(self.time_sec * 1000)} {'m' if self.is_mirrored else 'p'} {digest}"


def make_shots(
    track: ActorTrack,
    time_sec: float,
    *,
    num_variants: int,
    step_sec: float,
    limits_sec: tuple[float, float],
    seed: str,
) -> list[Shot]:
    """Return the variants of an example: as it is; then moved a bit, every other one mirrored.

    All people of a video have the same times in a variant.

    Args:
        track: of the person, or of all people for the whole frame.
        time_sec: of the example, seconds.
        num_variants: 1 for no other than the first.
        step_sec: seconds between the examples of one person.
        limits_sec: first and last time that a variant may have.
        seed: changes are random numbers of it; such as the fingerprint of the video.
    """
    shots = []
    for variant in range(num_variants):
        moment_sec, boxes = time_sec, track.boxes
        if variant:
            shift = _random(seed, time_sec, variant, count=1).uniform(-TIME, TIME) * step_sec
            moment_sec = float(np.clip(time_sec + shift, *limits_sec))
            boxes = _changed(track.boxes, _random(seed, time_sec, variant, track.id, count=4))
        is_mirrored = variant % 2 == 1
        shots.append(Shot(track.id, moment_sec, variant, is_mirrored, track.times_sec, boxes))
    return shots


def _changed(path: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return (P, 4) boxes that are all moved and scaled in the same way."""
    scale = np.exp(rng.uniform(-SCALE, SCALE))
    shift = rng.uniform(-SHIFT, SHIFT, size=2)
    sides = path[:, 2:] - path[:, :2]
    centre = (path[:, :2] + path[:, 2:]) / 2 + shift * sides
    half = sides * scale / 2
    return np.concatenate((centre - half, centre + half), axis=1).astype(np.float32)


def _random(seed: str, *parts: float, count: int) -> np.random.Generator:
    text = f"{seed} {count} {' '.join(format(one, '.3f') for one in parts)}"
    return np.random.default_rng(list(hashlib.sha256(text.encode()).digest()[:16]))
