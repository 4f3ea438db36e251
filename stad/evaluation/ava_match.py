"""Match AVA detections, and order them as they enter the average precision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stad.annotations.boxes import LabelledBoxes
from stad.evaluation.ava_heap import Entries, heap_positions
from stad.evaluation.ava_protocols import Protocol
from stad.evaluation.ava_rows import Found, Truth
from stad.evaluation.matching import (
    Pairs,
    ascending_order,
    best_partner,
    first_come,
    overlapping_pairs,
    tied_pairs,
)
from stad.utils.boxes import paired_box_iou

IOU_THRESHOLD = 0.5


@dataclass(frozen=True)
class Matched:
    """The detections that count, class by class, by descending score.

    Attributes:
        entry: (M,) int64 index in ``Found.entries``.
        class_start: (C + 1,) int64, class i has entries class_start[i] to class_start[i + 1].
        partner: (M,) int64 index in ``Truth.row`` of the ground truth found, or -1.
    """

    entry: np.ndarray
    class_start: np.ndarray
    partner: np.ndarray


def match_detections(
    ground_truth: LabelledBoxes, truth: Truth, found: Found, *, rules: Protocol, tie_order: str
) -> Matched:
    """Match within keyframe and class, and order the detections.

    Args:
        ground_truth: the columns that ``truth`` was selected from.
        truth: the evaluated ground truth.
        found: the detections on evaluated keyframes.
        rules: of the protocol.
        tie_order: 'stable' or 'numpy'.
    """
    kept, entries = found.kept, found.entries
    pairs = overlapping_pairs(
        found.group[kept],
        truth.group,
        overlap=lambda which, what: paired_box_iou(
            entries.boxes_of(kept[which]), truth.boxes[what]
        ),
        threshold=IOU_THRESHOLD,
    )
    position = _truth_positions(ground_truth, truth, pairs, rules.order)
    partner = best_partner(pairs, len(kept), ground_truth_position=position)
    ranking = _Ranking.from_found(found, num_classes=len(truth.count))
    if rules.order == "heap":
        ranking.use_heap_order(partner, capacity=rules.capacity)
    ascending = ranking.ascending if tie_order == "stable" else ranking.numpy_order(rules.order)
    if rules.order == "file":
        right = first_come(partner, np.arange(len(kept)), score=np.zeros(len(kept)))
    else:
        right = first_come(partner, ranking.ascending, score=ranking.score)
    # Reversed, so that the last one of equal scores comes first, as in the public codes.
    descending = ascending[::-1]
    return Matched(
        entry=kept[descending],
        class_start=ranking.class_start,
        partner=np.where(right, partner, -1)[descending],
    )


@dataclass
class _Ranking:
    """The detections that count, and their order by class and score.

    Attributes:
        found: their source.
        class_index, score, keyframe: (M,) columns, in the order of the keyframes.
        class_start: (C + 1,) start of each class in the descending order.
        ascending: (M,) their indices by descending class, then ascending score, then place.
        place: (M,) order of those of one keyframe, class and score.
    """

    found: Found
    class_index: np.ndarray
    score: np.ndarray
    keyframe: np.ndarray
    class_start: np.ndarray
    ascending: np.ndarray
    place: np.ndarray

    @staticmethod
    def from_found(found: Found, *, num_classes: int) -> _Ranking:
        """Rank the kept detections by score."""
        kept = found.kept
        class_index, score = found.class_index[kept], found.entries.score[kept]
        size = np.bincount(class_index, minlength=num_classes)
        return _Ranking(
            found=found,
            class_index=class_index,
            score=score,
            keyframe=found.entries.keyframe_of_rows()[kept],
            class_start=np.append(0, np.cumsum(size)),
            ascending=_by_class(class_index, score, size, sort=ascending_order),
            place=np.arange(len(kept)),
        )

    def use_heap_order(self, partner: np.ndarray, *, capacity: int) -> None:
        """Put equal scores of one keyframe and class in the order of the keyframe's heap.

        Args:
            partner: (M,); if none of the equals overlaps any ground truth, all are wrong and
                their order does not matter.
            capacity: of the heaps.
        """
        order = self.ascending
        equal = np.ones(max(len(order) - 1, 0), dtype=bool)
        for column in (self.score, self.class_index, self.keyframe):
            sorted_column = column[order]
            equal &= sorted_column[1:] == sorted_column[:-1]
        again = np.append(False, equal)[: len(order)]
        member = np.flatnonzero(again | np.append(equal, False)[: len(order)])
        if not len(member):
            return
        _, run = np.unique(np.cumsum(~again)[member], return_inverse=True)
        rows = order[member]
        matters = (np.bincount(run, weights=partner[rows] >= 0) > 0)[run]
        position = heap_positions(
            self.found.entries,
            self.found.in_heap,
            np.unique(self.keyframe[rows[matters]]),
            capacity=capacity,
        )
        self.place = position[self.found.kept]
        self.ascending[member] = rows[np.lexsort((self.place[rows], run))]

    def numpy_order(self, order: str) -> np.ndarray:
        """Return the ascending order by numpy's default sort, starting as the public codes do."""
        listed = np.arange(len(self.score))
        if order != "file":
            listed = np.lexsort((self.place, -self.score, self.keyframe))
        size = np.diff(self.class_start)
        again = _by_class(self.class_index[listed], self.score[listed], size, sort=np.argsort)
        return listed[again]


def _by_class(
    class_index: np.ndarray,
    score: np.ndarray,
    size: np.ndarray,
    *,
    sort: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Return indices by descending class, and by ascending score within a class."""
    order = np.argsort(len(size) - 1 - class_index, kind="stable")
    end = 0
    for count in size[::-1]:
        begin, end = end, end + count
        mine = order[begin:end]
        order[begin:end] = mine[sort(score[mine])]
    return order


def _truth_positions(
    ground_truth: LabelledBoxes, truth: Truth, pairs: Pairs, order: str
) -> np.ndarray:
    """Return (G,) order of the ground truth within a keyframe, which decides ties in overlap.

    The public codes read both files in the same way, so the eighth column of the ground truth, a
    person id, is also its score.
    """
    position = np.arange(len(truth.row))
    tied = tied_pairs(pairs)
    if order == "file" or not len(tied):
        return position
    num_classes = len(truth.count)
    keyframes = np.unique(truth.group[pairs.ground_truth[tied]] // num_classes)
    of_row = truth.group // num_classes
    rows = np.flatnonzero(np.isin(of_row, keyframes))
    rows = rows[np.lexsort((truth.row[rows], of_row[rows]))]
    given = truth.row[rows]
    size = np.unique(of_row[rows], return_counts=True)[1]
    start = np.append(0, np.cumsum(size))
    score, class_id = ground_truth.score[given], ground_truth.class_id[given]
    entries = Entries(start, score, class_id, ground_truth.boxes, given)
    place = np.arange(len(rows))
    if order == "heap":
        everything = np.ones(len(rows), dtype=bool)
        place = heap_positions(entries, everything, np.arange(len(size)), capacity=0)
    sequence = np.lexsort((place, -entries.score, entries.keyframe_of_rows()))
    position[rows[sequence]] = np.arange(len(rows))
    return position
