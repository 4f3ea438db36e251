"""Compare an exported network with torch, on random clips and on boxes at the limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch

from stad.errors import InputError
from stad.inference.exported import ExportedModel
from stad.models.action_detector import ActionDetector
from stad.models.base import ActionModel
from stad.models.recognizer import Recognizer

# Of a probability, in float32.
TOLERANCE = 1e-4
MANY = 30


class Case(NamedTuple):
    """Clips of one size.

    Attributes:
        count: clips at once.
        size: (width, height) of the clips, pixels.
    """

    count: int
    size: tuple[int, int]

    def __str__(self) -> str:
        clips = "1 clip" if self.count == 1 else f"{self.count} clips"
        return f"{clips} of {self.size[0]}x{self.size[1]}"


class Checked(NamedTuple):
    """The outcome of a comparison.

    Attributes:
        num_runs: how often the network was run.
        difference: the largest one of a probability.
    """

    num_runs: int
    difference: float


def check_exported(
    exported: ExportedModel,
    model: ActionModel,
    cases: Sequence[Case],
    *,
    on_run: Callable[[], object] = lambda: None,
) -> Checked:
    """Compare an exported network with the model that it was made of.

    Args:
        exported: the network.
        model: in eval mode, on the CPU.
        cases: sizes of clips.
        on_run: called after each run of the network.

    Raises:
        InputError: a score differs by more than ``TOLERANCE``, or is missing.
    """
    rng = np.random.default_rng(0)
    largest, num_runs = 0.0, 0
    for case in cases:
        shape = (case.count, exported.window.num_frames, case.size[1], case.size[0], 3)
        clips = rng.integers(0, 256, shape, dtype=np.uint8)
        for what, found, expected in _runs(exported, model, clips, rng):
            largest = max(largest, _compare(found, expected, f"{case}, {what}", exported))
            num_runs += 1
            on_run()
    return Checked(num_runs, largest)


def _runs(exported: ExportedModel, model: ActionModel, clips: np.ndarray, rng):
    """Yield what was run, its scores (K, num_classes) and those of torch."""
    inputs = model.data_preprocessor.normalise(torch.from_numpy(clips))
    if isinstance(model, Recognizer):
        with torch.inference_mode():
            expected = model.probabilities(model.score_clips(inputs)).numpy()
        yield "whole", exported.score_clips(clips), expected
        return
    assert isinstance(model, ActionDetector)
    size = (clips.shape[3], clips.shape[2])
    sets = [(what, [make(size, rng) for _ in clips]) for what, make in BOXES.items()]
    # Torch scores all of them at once: an actor does not depend on the others.
    joined = [np.concatenate([boxes[i] for _, boxes in sets]) for i in range(len(clips))]
    with torch.inference_mode():
        logits = model.score_actors(inputs, [torch.from_numpy(one) for one in joined])
        rows = [model.probabilities(one).numpy() for one in logits]
    begin = 0
    for what, boxes in sets:
        end = begin + len(boxes[0])
        found = np.concatenate(exported.score_actors(clips, boxes))
        yield what, found, np.concatenate([one[begin:end] for one in rows])
        begin = end


def _compare(found: np.ndarray, expected: np.ndarray, what: str, exported: ExportedModel) -> float:
    """Return the largest difference; raise InputError if it is too large."""
    if found.shape != expected.shape:
        raise InputError(
            f"{exported.name} cannot be exported: for {what}, {exported.runtime} gives scores of "
            f"shape {found.shape}, and torch {expected.shape}. Run it in torch instead."
        )
    if not found.size:
        return 0.0
    differences = np.abs(found.astype(np.float64) - expected)
    # A score that is not a number is a difference, too.
    differences = np.where(np.isfinite(differences), differences, np.inf)
    row, column = np.unravel_index(differences.argmax(), differences.shape)
    difference = float(differences[row, column])
    if difference > TOLERANCE:
        raise InputError(
            f"{exported.name} cannot be exported: for {what}, row {row}, class "
            f"{exported.class_names[column]!r}, {exported.runtime} gives {found[row, column]:.6g}, "
            f"and torch {expected[row, column]:.6g}; at most {TOLERANCE:g} is allowed. Run it in "
            "torch instead."
        )
    return difference


def _no_boxes(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    return np.zeros((0, 4), np.float32)


def _one_box(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    return _many_boxes(size, rng)[:1]


def _many_boxes(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    corners = rng.uniform(0, 1, (MANY, 2, 2)) * size
    return np.concatenate((corners.min(axis=1), corners.max(axis=1)), axis=1).astype(np.float32)


def _limit_boxes(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return boxes on the border, across it, outside and without area."""
    w, h = size
    boxes = [
        [0, 0, w, h],
        [0, 0, 9.5, 20],
        [w - 9.5, h - 20, w, h],
        [-20, -30, w / 2, h / 2],
        [w / 2, h / 2, w + 50, h + 70],
        [-w, -h, 2 * w, 2 * h],
        [w + 5, 10, w + 40, 60],
        [-60, -40, -10, -5],
        [30, 30, 30, 30],
        [20, 10, 20, 50],
        [33.25, 40.5, 33.75, 41],
    ]
    return np.array(boxes, np.float32)


BOXES: dict[str, Callable[[tuple[int, int], np.random.Generator], np.ndarray]] = {
    "no box": _no_boxes,
    "one box": _one_box,
    f"{MANY} boxes": _many_boxes,
    "boxes on and outside the border": _limit_boxes,
}
