"""Made-up AVA evaluations, as rows of strings, that try the rules from all sides."""

from __future__ import annotations

import random
from typing import NamedTuple

SPELLINGS = {"0902": "902", "0903": "903.0", "0904.5": "904.500", "0905": "905"}


class Case(NamedTuple):
    """Rows of strings as CSV files have them, and the ids of the evaluated classes."""

    ground_truth: list[list[str]]
    detections: list[list[str]]
    excluded: list[list[str]]
    classes: dict[int, str]


def make_case(seed: int, *, kind: str, reversed_boxes: bool = True) -> Case:
    """A case of one to three videos.

    Args:
        kind: 'distinct': no score twice, to 4 decimals. 'ties': few different scores, coarse
            boxes, duplicates, boxes without area. 'crowd': as that, with few classes and all
            boxes alike, so that a detection overlaps several.
        reversed_boxes: whether detections may have x1 > x2.
    """
    chance = random.Random(f"{kind} {seed}")
    plain = kind == "distinct"
    classes = chance.sample(range(1, 9), chance.randint(2, 6) if kind != "crowd" else 1)
    labels = [*classes, 9] if kind == "crowd" else list(range(1, 10))
    grid = 10**4 if plain else chance.choice([10, 16, 100])
    levels = 10**4 if plain else chance.choice([1, 3, 10, 500])
    scores = chance.sample(range(1, 10**4), 9000) if plain else None
    spots = [_box(chance, grid, kind) for _ in range(4)]
    keyframes = [
        (video, time)
        for video in chance.sample(["a", "b", "c,d"], chance.randint(1, 3))
        for time in chance.sample(list(SPELLINGS), chance.randint(1, 3))
    ]
    truth, found = [[*keyframes[0]]], []
    with_person = chance.random() < 0.5
    for keyframe in keyframes:
        for _ in range(chance.choice([0, 1, 4, 10])):
            box = _near(chance, spots, grid, kind)
            row = [*keyframe, *map(repr, box), str(chance.choice(labels))]
            truth.append([*row, str(chance.randint(0, 2))] if with_person else row)
            if not plain and chance.random() < 0.1:
                truth.append(list(truth[-1]))
        if chance.random() < 0.2:
            truth.append([*keyframe])
    for video, time in [*keyframes, ("unknown", "0902")]:
        for _ in range(chance.choice([0, 5, 30, 60, 100])):
            box = _near(chance, spots, grid, kind)
            if not plain and chance.random() < 0.05:
                box = [box[0], box[1], box[0], box[3]]
            elif not plain and reversed_boxes and chance.random() < 0.05:
                box = [box[2], box[3], box[0], box[1]]
            score = (scores.pop() if plain else chance.randint(0, levels)) / levels
            row = [video, SPELLINGS[time], *map(repr, box), str(chance.choice(labels)), repr(score)]
            found += [row] * (2 if not plain and chance.random() < 0.1 else 1)
    if chance.random() < 0.5:
        chance.shuffle(found)
        chance.shuffle(truth)
    excluded = [list(keyframe) for keyframe in keyframes if chance.random() < 0.15]
    return Case(truth, found, excluded, {number: f"class {number}" for number in classes})


def _box(chance: random.Random, grid: int, kind: str) -> list[float]:
    if kind == "crowd":
        edges = [chance.randint(0, 2), chance.randint(0, 2)]
        return [value / 10 for value in (*edges, *(5 + chance.randint(0, 3) for _ in edges))]
    across, down = (sorted(chance.sample(range(grid + 1), 2)) for _ in range(2))
    return [across[0] / grid, down[0] / grid, across[1] / grid, down[1] / grid]


def _near(chance: random.Random, spots: list[list[float]], grid: int, kind: str) -> list[float]:
    """A spot as it is, a little moved, or any box."""
    how = chance.random()
    if kind == "crowd" or how > 0.8:
        return _box(chance, grid, kind)
    spot = chance.choice(spots)
    if how < 0.3:
        return spot
    moved = [round((value + chance.uniform(-0.05, 0.05)) * grid) / grid for value in spot]
    left, right = sorted(moved[0::2])
    top, bottom = sorted(moved[1::2])
    return [left, top, right, bottom]
