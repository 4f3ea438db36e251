"""Render scenes of people who move, with exact boxes and labels: data without a download."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from stad.datasets.synthetic.casting import Role, draw_cast, opposite
from stad.datasets.synthetic.figures import Figure
from stad.datasets.synthetic.scenery import (
    Background,
    SensorNoise,
    draw_camera_path,
    draw_occluders,
)

# Class k has id k + 1, as in AVA.
CLASSES = (
    *("stand", "walk", "run", "wave", "jump", "fall", "sit", "shake hands"),
    *("walk backwards", "raise arm", "lie"),
)
CLASS_IDS = {name: index + 1 for index, name in enumerate(CLASSES)}

# A fall counts in its middle; other postures only count well before and after it.
FALL_HALF_SEC = 0.3
FALL_AWAY_SEC = 1.4
# Distance of keyframes from both ends of a clip, so that a window of 32 / 15 s fits.
EDGE_SEC = 1.0
MIN_VISIBLE = 0.3
# One stream of random numbers for each part: a change in one does not affect the others.
STREAMS = {"cast": 0, "camera": 1, "background": 2, "occluders": 3, "noise": 4, "event": 5}


@dataclass(frozen=True)
class Annotation:
    """One person at one keyframe.

    Attributes:
        time_sec: of the keyframe, seconds.
        box: xyxy, relative to the width and height of the frame, inside 0..1.
        class_ids: of what the person does, from 1, ascending, one or more.
        person_id: the same for the whole clip, from 0.
    """

    time_sec: float
    box: tuple[float, float, float, float]
    class_ids: tuple[int, ...]
    person_id: int


class SyntheticScene:
    """A short clip of one to four people; the same seed gives the same frames and labels.

    Seeds are in pairs, 0 and 1, 2 and 3 ...: the same people in the same place, but a person who
    walks in one walks backwards in the other, and a person who waves in one holds the arm up in
    the other. So a model cannot learn these by heart from clothes and places; without pairs a
    small network does, and never finds the motion.

    Args:
        seed: of everything random, from 0.
        size_px: (width, height) of the frames.
        fps: frames per second.
        duration_sec: of the clip, seconds.

    Raises:
        ValueError: a size, rate or duration is not positive.
    """

    def __init__(
        self,
        seed: int,
        *,
        size_px: tuple[int, int] = (192, 144),
        fps: float = 15,
        duration_sec: float = 3.0,
    ) -> None:
        if min(*size_px, fps, duration_sec) <= 0 or seed < 0:
            raise ValueError(
                f"a scene needs a positive size, fps and duration and a seed of 0 or more, got "
                f"{size_px}, {fps}, {duration_sec}, {seed}"
            )
        self.seed, self.size_px, self.fps = seed, size_px, fps
        self.duration_sec = duration_sec
        self.num_frames = max(1, round(duration_sec * fps))
        self.times_sec = np.arange(self.num_frames) / fps
        self._camera = draw_camera_path(self._random("camera"), self.times_sec, size_px=size_px)
        self._occluders = draw_occluders(self._random("occluders"), size_px)
        event_sec = self._draw_event_sec()
        roles = draw_cast(self._random("cast"), size_px, event_sec=event_sec)
        self.roles = [opposite(role) for role in roles] if seed % 2 else roles
        self.figures = [
            Figure(
                role.spec,
                self.times_sec,
                scale=self._camera.scale,
                shift_px=self._camera.shift_px,
            )
            for role in self.roles
        ]

    def _random(self, stream: str) -> np.random.Generator:
        # Pairs differ only in the noise and in what ``opposite`` changes.
        seed = self.seed if stream == "noise" else self.seed // 2
        return np.random.default_rng([seed, STREAMS[stream]])

    def _draw_event_sec(self) -> float:
        """Return a time near a whole second, where keyframes usually are."""
        rng = self._random("event")
        last = max(1, int(self.duration_sec - EDGE_SEC + 1e-9))
        return float(rng.integers(1, last + 1) + rng.uniform(-0.12, 0.12))

    def frames(self) -> Iterator[np.ndarray]:
        """Render the frames of the clip in order, each (H, W, 3) uint8 RGB."""
        background = Background(self._random("background"), self.size_px)
        noise_rng = self._random("noise")
        noise = SensorNoise(noise_rng, self.size_px)
        for index in range(self.num_frames):
            image = background.view(self._camera, index)
            for figure in self.figures:
                figure.draw_under(image, index)
                figure.draw(image, index)
            for occluder in self._occluders:
                occluder.draw(image, self._camera, index)
            yield noise.add(image, noise_rng)

    def keyframes_sec(self, stride_sec: float = 1.0) -> list[float]:
        """Return multiples of the stride, away from the ends, at which all actions are clear."""
        edge_sec = min(EDGE_SEC, self.duration_sec / 2)
        first = int(np.ceil(edge_sec / stride_sec - 1e-9))
        last = int(np.floor((self.duration_sec - edge_sec) / stride_sec + 1e-9))
        times = [index * stride_sec for index in range(max(first, 1), last + 1)]
        return [time for time in times if all(classes_at(role, time) for role in self.roles)]

    def annotations(self, stride_sec: float = 1.0) -> list[Annotation]:
        """Return who does what at each keyframe; people hidden by more than 70 % are left out.

        Args:
            stride_sec: seconds between keyframes, > 0; see ``keyframes_sec``.

        Returns:
            by time, then by person.
        """
        records = []
        for time_sec in self.keyframes_sec(stride_sec):
            index = min(round(time_sec * self.fps), self.num_frames - 1)
            visible = self.visible_fractions(index)
            for person_id, role in enumerate(self.roles):
                if visible[person_id] < MIN_VISIBLE:
                    continue
                box = self._relative(self.figures[person_id].boxes[index])
                ids = tuple(sorted(CLASS_IDS[name] for name in classes_at(role, time_sec)))
                records.append(Annotation(time_sec, box, ids, person_id))
        return records

    def _relative(self, box: np.ndarray) -> tuple[float, float, float, float]:
        left, top, right, bottom = np.clip(box / np.tile(self.size_px, 2), 0.0, 1.0).tolist()
        return left, top, right, bottom

    def visible_fractions(self, index: int) -> list[float]:
        """Return the visible fraction of each person in frame ``index``, 0 to 1."""
        covered = self._mask(lambda image: self._draw_occluders(image, index))
        fractions = []
        for figure in reversed(self.figures):
            own = self._mask(lambda image, figure=figure: figure.draw(image, index))
            left, top, right, bottom = figure.boxes[index]
            inside = self._relative(figure.boxes[index])
            inside_px = (inside[2] - inside[0]) * (inside[3] - inside[1]) * np.prod(self.size_px)
            whole_px = own.sum() * (right - left) * (bottom - top) / max(inside_px, 1e-9)
            fractions.append(float((own & ~covered).sum() / max(whole_px, 1.0)))
            covered |= own
        return fractions[::-1]

    def _draw_occluders(self, image: np.ndarray, index: int) -> None:
        for occluder in self._occluders:
            occluder.draw(image, self._camera, index)

    def _mask(self, draw) -> np.ndarray:
        image = np.zeros((self.size_px[1], self.size_px[0], 3), dtype=np.uint8)
        draw(image)
        # Much faster than any() over an axis of three.
        return (image[..., 0] | image[..., 1] | image[..., 2]) > 0


def classes_at(role: Role, time_sec: float) -> tuple[str, ...]:
    """Return what a person does at a time, by name; empty near a fall, where it is unclear."""
    posture = role.spec.posture
    if posture == "fall":
        away_sec = time_sec - role.spec.motion.event_sec
        if abs(away_sec) <= FALL_HALF_SEC:
            return ("fall",)
        if abs(away_sec) < FALL_AWAY_SEC:
            return ()
        return ("stand",) if away_sec < 0 else ("lie",)
    if posture == "shake hands":
        return ("stand", "shake hands")
    return (posture,) if role.arm_action is None else (posture, role.arm_action)
