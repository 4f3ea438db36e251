"""Link the boxes that a model scored in each frame into tubes, by score and overlap.

``link_by_overlap`` is the linking of the ACT detector (Kalogeiton et al., ICCV 2017, section 3.2)
for boxes of single frames, as MultiSports' baselines have it: each tube, the best first, takes the
box of the highest score among those that overlap its last one; the others begin tubes.
``link_by_path`` finds the path of the highest scores and overlaps through all frames, removes its
boxes and repeats (Gkioxari and Malik, "Finding action tubes", CVPR 2015, section 3.3). Classes are
linked each by its own scores. ``stad.localization.track_linking`` follows people instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

import numpy as np

from stad.utils.boxes import box_iou, fill_gaps, tube_iou

# Suppression counts the last pixels of boxes as inside, in all published versions.
SUPPRESSION_PX = 1.0


class FrameBoxes(NamedTuple):
    """The scored boxes of one frame.

    Attributes:
        frame: its number, from 1.
        boxes: (K, 4) float64 xyxy, pixels.
        scores: (K, C) float64 in [0, 1]; a box with 0 is not of the class.
    """

    frame: int
    boxes: np.ndarray
    scores: np.ndarray


class LinkedTube(NamedTuple):
    """A tube of one class.

    Attributes:
        class_index: from 0.
        frames: (T,) int64 consecutive numbers.
        boxes: (T, 4) float64 xyxy, pixels.
        score: mean score of the boxes that were linked, in [0, 1].
    """

    class_index: int
    frames: np.ndarray
    boxes: np.ndarray
    score: float


@dataclass(frozen=True)
class LinkRules:
    """The limits of linking; the defaults are those of the published baselines.

    Attributes:
        min_iou: minimum overlap of a box with the last one of a tube.
        soft_iou: boxes of a class that overlap a better one by more have their scores multiplied
            by one minus the overlap.
        max_boxes: maximum number of boxes of a class in a frame, the best.
        max_gap_frames: frames without a box that a tube goes on after; their boxes are
            interpolated.
        min_frames: minimum length of a tube.
        min_score: minimum score of a tube.
        added_px: added to the width and height of boxes that are linked; 1 if x2 and y2 are the
            last pixels inside.
        max_tube_iou: a tube that overlaps a better one of its class by more is left out; None
            keeps all.
    """

    min_iou: float = 0.5
    soft_iou: float = 0.6
    max_boxes: int = 10
    max_gap_frames: int = 0
    min_frames: int = 15
    min_score: float = 0.005
    added_px: float = 0.0
    max_tube_iou: float | None = None


@dataclass
class _Growing:
    """A tube that grows: its frames and boxes."""

    frames: list[int] = field(default_factory=list)
    boxes: list[np.ndarray] = field(default_factory=list)
    # The row of the last box in its frame, and the sum of the scores.
    row: int = -1
    total: float = 0.0

    def add(self, frame: int, row: int, box: np.ndarray, score: float) -> None:
        self.frames.append(frame)
        self.boxes.append(box)
        self.row, self.total = row, self.total + score

    @property
    def score(self) -> float:
        return self.total / len(self.frames)


def link_by_overlap(
    frames: Sequence[FrameBoxes], *, rules: LinkRules | None = None
) -> list[LinkedTube]:
    """Link the boxes of a video frame by frame.

    Args:
        frames: in ascending order; a frame without boxes may be left out.
        rules: None for the defaults.

    Returns:
        The tubes, by class.
    """
    rules = rules or LinkRules()
    overlaps = _Overlaps(frames, rules.added_px)
    kept = [soft_suppression(one.boxes, one.scores, rules=rules) for one in frames]
    found = []
    for class_index in range(_num_classes(frames)):
        grown = _grow(frames, [one[class_index] for one in kept], overlaps, rules)
        found += finish(class_index, grown, rules)
    return found


def soft_suppression(
    boxes: np.ndarray, scores: np.ndarray, *, rules: LinkRules
) -> list[list[tuple[float, int]]]:
    """Return the best boxes of each class: C lists of (score, row), the highest score first.

    Args:
        boxes: (K, 4) xyxy, pixels.
        scores: (K, C).
        rules: ``soft_iou`` and ``max_boxes``.
    """
    wider = np.asarray(boxes, np.float64) + np.array([0, 0, SUPPRESSION_PX, SUPPRESSION_PX])
    weighted = scores.T * _weights(box_iou(wider, wider), scores.T, rules.soft_iou)
    order = np.argsort(-weighted, axis=1, kind="stable")[:, : rules.max_boxes]
    best = np.take_along_axis(weighted, order, axis=1)
    return [
        [pair for pair in zip(*one, strict=True) if pair[0] > 0]
        for one in zip(best.tolist(), order.tolist(), strict=True)
    ]


def _weights(iou: np.ndarray, scores: np.ndarray, soft_iou: float) -> np.ndarray:
    """Return the (C, K) factors of the scores: 1 minus the overlap with the first better box.

    Args:
        iou: (K, K).
        scores: (C, K).
        soft_iou: only a larger overlap counts; a box with one lowers no other.
    """
    weights, waiting = np.ones(scores.shape), np.ones(scores.shape, bool)
    if not (iou > soft_iou)[~np.eye(len(iou), dtype=bool)].any():
        return weights
    classes = np.arange(len(scores))
    for rows in np.argsort(-scores, axis=1, kind="stable").T:
        chosen = waiting[classes, rows].copy()
        waiting[classes, rows] = False
        near = (iou[rows] > soft_iou) & waiting & chosen[:, None]
        weights[near] = 1 - iou[rows][near]
        waiting &= ~near
    return weights


class _Overlaps:
    """The overlaps of boxes of two frames, each pair of frames computed once for all classes."""

    def __init__(self, frames: Sequence[FrameBoxes], added_px: float) -> None:
        corner = np.array([0.0, 0.0, added_px, added_px])
        self._boxes = {one.frame: one.boxes + corner for one in frames}
        self._known: dict[tuple[int, int], list[list[float]]] = {}

    def between(self, first: int, second: int) -> list[list[float]]:
        """Return the overlaps of all boxes of two frames, by their numbers."""
        key = first, second
        if key not in self._known:
            self._known[key] = box_iou(self._boxes[first], self._boxes[second]).tolist()
        return self._known[key]


def _grow(
    frames: Sequence[FrameBoxes],
    kept: Sequence[list[tuple[float, int]]],
    overlaps: _Overlaps,
    rules: LinkRules,
) -> list[_Growing]:
    """Return the tubes of one class; ``kept`` are its (score, row) of each frame."""
    done: list[_Growing] = []
    open_tubes: list[_Growing] = []
    for one, boxes in zip(frames, kept, strict=True):
        free = list(boxes)
        still = []
        for tube in sorted(open_tubes, key=lambda tube: -tube.score):
            last = tube.frames[-1]
            if one.frame - last - 1 > rules.max_gap_frames:
                done.append(tube)
                continue
            row_iou = overlaps.between(last, one.frame)[tube.row]
            # They are in descending order of score: the first that overlaps is the best.
            match = next((pair for pair in free if row_iou[pair[1]] >= rules.min_iou), None)
            if match is not None:
                free.remove(match)
                tube.add(one.frame, match[1], one.boxes[match[1]], match[0])
            still.append(tube)
        for score, row in free:
            tube = _Growing()
            tube.add(one.frame, row, one.boxes[row], score)
            still.append(tube)
        open_tubes = still
    return done + open_tubes


def link_by_path(
    frames: Sequence[FrameBoxes], *, rules: LinkRules | None = None, overlap_weight: float = 1.0
) -> list[LinkedTube]:
    """Link the boxes of each run of consecutive frames along the best paths through all of it.

    For trimmed videos: a tube is as long as its run. Of the rules, ``max_boxes``, ``min_frames``,
    ``min_score``, ``added_px`` and ``max_tube_iou`` count.

    Args:
        frames: in ascending order; a frame without boxes may be left out.
        rules: None for the defaults.
        overlap_weight: of the overlap of two boxes beside their scores.

    Returns:
        The tubes, by class.
    """
    rules = rules or LinkRules()
    overlaps = _Overlaps(frames, rules.added_px)
    runs = list(_runs([one for one in frames if len(one.boxes)]))
    found = []
    for class_index in range(_num_classes(frames)):
        grown = []
        for run in runs:
            scores = [one.scores[:, class_index] for one in run]
            rows = [_best_rows(one, rules.max_boxes) for one in scores]
            while all(rows):
                path = _best_path(run, scores, rows, overlaps, overlap_weight)
                tube = _Growing()
                for one, column, mine, row in zip(run, scores, rows, path, strict=True):
                    tube.add(one.frame, row, one.boxes[row], float(column[row]))
                    mine.remove(row)
                grown.append(tube)
        found += finish(class_index, grown, rules)
    return found


def _best_rows(column: np.ndarray, number: int) -> list[int]:
    best = np.argsort(-column, kind="stable")[:number]
    return best[column[best] > 0].tolist()


def _runs(frames: Sequence[FrameBoxes]) -> Iterator[list[FrameBoxes]]:
    numbered = enumerate(frames)
    for _, group in groupby(numbered, key=lambda pair: pair[1].frame - pair[0]):
        yield [one for _, one in group]


def _best_path(
    run: Sequence[FrameBoxes],
    scores: Sequence[np.ndarray],
    rows: Sequence[list[int]],
    overlaps: _Overlaps,
    overlap_weight: float,
) -> list[int]:
    """Return a row in each frame, of the highest sum of scores and weighted overlaps."""
    # A link has the scores of both its boxes: those between the ends count twice.
    total = scores[0][rows[0]]
    back = []
    for i in range(1, len(run)):
        between = np.array(overlaps.between(run[i - 1].frame, run[i].frame))
        near = between[np.ix_(rows[i - 1], rows[i])]
        both = scores[i - 1][rows[i - 1]][:, None] + scores[i][rows[i]][None]
        start = total if i > 1 else np.zeros(len(total))
        sums = start[:, None] + both + overlap_weight * near
        back.append(sums.argmax(axis=0))
        total = sums.max(axis=0)
    place = int(total.argmax())
    path = [rows[-1][place]]
    for i in range(len(run) - 2, -1, -1):
        place = int(back[i][place])
        path.append(rows[i][place])
    return path[::-1]


def finish(class_index: int, grown: Sequence[_Growing], rules: LinkRules) -> list[LinkedTube]:
    """Return the tubes that are long and good enough, with boxes in every frame."""
    found = []
    for tube in grown:
        length = tube.frames[-1] + 1 - tube.frames[0]
        if tube.score < rules.min_score or length < rules.min_frames:
            continue
        frames, boxes = fill_gaps(np.array(tube.frames), np.array(tube.boxes))
        found.append(LinkedTube(class_index, frames, boxes, tube.score))
    return suppress_tubes(found, rules)


def suppress_tubes(tubes: Sequence[LinkedTube], rules: LinkRules) -> list[LinkedTube]:
    """Return the tubes of one class without those that overlap a better one; the best first."""
    if rules.max_tube_iou is None:
        return list(tubes)
    kept: list[LinkedTube] = []
    for tube in sorted(tubes, key=lambda one: -one.score):
        overlaps = (
            tube_iou(tube.frames, tube.boxes, other.frames, other.boxes, added_px=rules.added_px)
            for other in kept
        )
        if all(one <= rules.max_tube_iou for one in overlaps):
            kept.append(tube)
    return kept


def _num_classes(frames: Sequence[FrameBoxes]) -> int:
    return frames[0].scores.shape[1] if frames else 0
