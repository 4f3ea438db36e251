"""Render two people whose raised arm has another class after one of them lay on the ground.

The past of 8 to 40 seconds ago decides the class, so a clip of 2 seconds cannot tell it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from stad.annotations.label_maps import class_names
from stad.datasets.synthetic.figures import Figure, FigureSpec, draw_clothes
from stad.datasets.synthetic.gaits import REST_ARMS, MotionSpec, draw_arm_swing
from stad.datasets.synthetic.scenery import Background, CameraPath, SensorNoise
from stad.datasets.synthetic.skeleton import draw_body

CLASSES = class_names("long_context")
FIRST, AFTER_OWN, AFTER_OTHER = CLASSES[3:]
SIZE_PX = (128, 80)
FPS = 4
# A person does one thing in each part, whose middle is a keyframe.
PART_SEC, NUM_PARTS = 2, 20
# One person may lie in the first 16 seconds; most arms are raised in the last 16.
LYING_PARTS, LYING_LAST, RAISING_FROM = (2, 3), 8, 12
RAISE_PROBABILITY, EARLY_PROBABILITY, SIT_PROBABILITY = 0.6, 0.15, 0.4
POSTURES = {"stand": "stand", "sit": "sit", "lie": "lie", "raise arm": "stand"}
HEIGHT_PX = (34.0, 44.0)
TURN_DEG = 30.0


class PersonPart(NamedTuple):
    """The action of a person in a part of a scene.

    Attributes:
        action: a key of ``POSTURES``.
        class_name: one of ``CLASSES``.
    """

    action: str
    class_name: str


def draw_story(rng: np.random.Generator) -> list[list[PersonPart]]:
    """Draw what two people do in ``NUM_PARTS`` parts: in a third of the stories, neither lies."""
    lying = [range(0), range(0)]
    who = int(rng.integers(3))
    if who < 2:
        count = int(rng.integers(LYING_PARTS[0], LYING_PARTS[1] + 1))
        first = int(rng.integers(LYING_LAST - count + 1))
        lying[who] = range(first, first + count)
    actions = [[_draw_action(rng, part, mine) for part in range(NUM_PARTS)] for mine in lying]
    return [
        [
            PersonPart(action, _class_of(action, actions[one][:part], actions[1 - one][:part]))
            for part, action in enumerate(actions[one])
        ]
        for one in range(2)
    ]


def _draw_action(rng: np.random.Generator, part: int, lying: range) -> str:
    draws = rng.uniform(size=2)
    if part in lying:
        return "lie"
    if draws[0] < (RAISE_PROBABILITY if part >= RAISING_FROM else EARLY_PROBABILITY):
        return "raise arm"
    return "sit" if draws[1] < SIT_PROBABILITY else "stand"


def _class_of(action: str, own_past: list[str], others_past: list[str]) -> str:
    if action != "raise arm":
        return action
    if "lie" in own_past:
        return AFTER_OWN
    return AFTER_OTHER if "lie" in others_past else FIRST


class Row(NamedTuple):
    """One person at one keyframe: seconds, box relative to the frame, class from 0, person id."""

    time_sec: float
    box: tuple[float, float, float, float]
    label: int
    person_id: int


class LongScene:
    """A scene of 40 seconds; the same seed gives the same frames and rows.

    Args:
        seed: of everything random, from 0.
    """

    num_frames = NUM_PARTS * PART_SEC * FPS

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng([seed, 17])
        self.story = draw_story(rng)
        times_sec = np.arange(self.num_frames) / FPS
        self._camera = CameraPath(np.ones(self.num_frames), np.zeros((self.num_frames, 2)))
        self._people = [_draw_person(rng, one, times_sec, self._camera) for one in range(2)]
        self._background = Background(rng, SIZE_PX)
        self._seed = seed

    def _figures(self, index: int) -> list[Figure]:
        part = index // (PART_SEC * FPS)
        return [self._people[one][self.story[one][part].action] for one in range(2)]

    def frames(self) -> Iterator[np.ndarray]:
        """Render the frames in order, each (H, W, 3) uint8 RGB."""
        # Its own numbers: the frames are the same each time.
        rng = np.random.default_rng([self._seed, 18])
        noise = SensorNoise(rng, SIZE_PX)
        for index in range(self.num_frames):
            image = self._background.view(self._camera, index)
            for figure in self._figures(index):
                figure.draw_under(image, index)
                figure.draw(image, index)
            yield noise.add(image, rng)

    def rows(self) -> list[Row]:
        """Return who does what in the middle of each part."""
        found = []
        for part in range(NUM_PARTS):
            time_sec = (part + 0.5) * PART_SEC
            index = round(time_sec * FPS)
            for person_id, figure in enumerate(self._figures(index)):
                left, top, right, bottom = np.clip(
                    figure.boxes[index] / np.tile(SIZE_PX, 2), 0, 1
                ).tolist()
                label = CLASSES.index(self.story[person_id][part].class_name)
                found.append(Row(time_sec, (left, top, right, bottom), label, person_id))
        return found


def _draw_person(
    rng: np.random.Generator, place: int, times_sec: np.ndarray, camera: CameraPath
) -> dict[str, Figure]:
    """Draw a person in the left (0) or right (1) half: a figure for each action."""
    yaw_deg = rng.uniform(-TURN_DEG, TURN_DEG) + 180.0 * rng.integers(2)
    spec = FigureSpec(
        posture="stand",
        height_px=rng.uniform(*HEIGHT_PX),
        foot_px=(0.0, SIZE_PX[1] * rng.uniform(0.8, 0.92)),
        drift_px_per_sec=0.0,
        yaw_deg=yaw_deg,
        pitch_deg=rng.uniform(3, 12),
        motion=MotionSpec(
            rate_hz=0.0,
            phase=rng.uniform(),
            side=1 if rng.integers(2) else -1,
            rest_arms=REST_ARMS[rng.integers(len(REST_ARMS))],
            sway_phase=rng.uniform(),
        ),
        body=draw_body(rng),
        clothes=draw_clothes(rng),
    )
    arm = draw_arm_swing(rng, "raise arm", yaw_deg=yaw_deg)
    middle_px = SIZE_PX[0] * ((place + 0.5) / 2 + rng.uniform(-0.03, 0.03))
    found = {}
    for action, posture in POSTURES.items():
        one = replace(spec, posture=posture, arm=arm if action == "raise arm" else None)
        found[action] = _centred(one, middle_px, times_sec, camera)
    return found


def _centred(
    spec: FigureSpec, middle_px: float, times_sec: np.ndarray, camera: CameraPath
) -> Figure:
    """Return the figure moved sideways so that the middle of its first box is at a place."""
    given = {"scale": camera.scale, "shift_px": camera.shift_px}
    left, right = Figure(spec, times_sec, **given).boxes[0, [0, 2]]
    foot_px = (spec.foot_px[0] + middle_px - (left + right) / 2, spec.foot_px[1])
    return Figure(replace(spec, foot_px=foot_px), times_sec, **given)
