"""Select the rows of ground truth and detections that an AVA evaluation compares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stad.annotations.boxes import LabelledBoxes
from stad.evaluation.ava_heap import Entries, group_rows, kept_entries
from stad.evaluation.ava_protocols import InvalidBoxError, Protocol
from stad.utils.numbers import round_decimals


@dataclass(frozen=True)
class Truth:
    """Evaluated ground truth, sorted by group (keyframe, class), in the order of the file.

    Attributes:
        named: (A,) ascending keys of the keyframes that are named and not excluded.
        index_of_named: (A,) their index among the K with evaluated ground truth, or -1.
        first_row: (K,) first row of each of the K in the file.
        row: (G,) rows of the input columns.
        group: (G,) index of the keyframe times C plus index of the class, ascending.
        boxes: (G, 4) in the type they are compared in.
        count: (C,) number of ground truths of each class.
    """

    named: np.ndarray
    index_of_named: np.ndarray
    first_row: np.ndarray
    row: np.ndarray
    group: np.ndarray
    boxes: np.ndarray
    count: np.ndarray


@dataclass(frozen=True)
class Found:
    """Detections on evaluated keyframes, grouped by keyframe.

    Attributes:
        entries: N rows, including those that the heaps then drop.
        in_heap: (N,) bool, the rows that the heaps hold in the end.
        kept: (M,) int64 indices of those that count.
        row: (N,) rows of the input columns.
        class_index: (N,) int16 from 0.
        group: (N,) int64 as ``Truth.group``; -1 without ground truth in the keyframe.
        lost: number of detections that were left out, by reason.
    """

    entries: Entries
    in_heap: np.ndarray
    kept: np.ndarray
    row: np.ndarray
    class_index: np.ndarray
    group: np.ndarray
    lost: dict[str, int]


def prepare_truth(
    given: LabelledBoxes, class_ids: np.ndarray, *, excluded: np.ndarray, rules: Protocol
) -> Truth:
    """Select and sort the ground truth.

    Args:
        given: all rows of the ground truth.
        class_ids: (C,) ascending.
        excluded: (X,) ascending keys.
        rules: of the protocol.

    Raises:
        InvalidBoxError: an evaluated box is reversed.
    """
    named = np.unique(np.append(given.keyframe, given.empty_keyframes))
    named = named[_find(excluded, named) < 0]
    class_index = _index_of_class(given.class_id, class_ids)
    listed = class_index >= 0
    inside = listed & (_find(excluded, given.keyframe) < 0)
    counted = listed if rules.counts_excluded else inside
    row = np.flatnonzero(inside)
    _refuse_reversed(given.boxes[row], row, of_ground_truth=True)
    keyframes, first, index = np.unique(given.keyframe[row], return_index=True, return_inverse=True)
    group = index * len(class_ids) + class_index[row]
    order = np.argsort(group, kind="stable")
    boxes = given.boxes[row[order]]
    return Truth(
        named=named,
        index_of_named=_find(keyframes, named),
        first_row=first,
        row=row[order],
        group=group[order],
        boxes=boxes.astype(np.float32) if rules.single_precision else boxes,
        count=np.bincount(class_index[counted], minlength=len(class_ids)),
    )


def prepare_detections(
    given: LabelledBoxes,
    truth: Truth,
    *,
    class_ids: np.ndarray,
    excluded: np.ndarray,
    rules: Protocol,
) -> Found:
    """Select the detections that count and group them by keyframe.

    Raises:
        InvalidBoxError: a box is reversed, and the protocol does not drop it.
    """
    class_index = _index_of_class(given.class_id, class_ids)
    wanted = class_index >= 0
    lost = {}
    if rules.min_score > -np.inf:
        high = given.score > rules.min_score
        lost["low_score"] = int(np.sum(wanted & ~high))
        wanted &= high
    row = np.flatnonzero(wanted)
    keyframe = given.keyframe if wanted.all() else given.keyframe[row]
    inside, index = _on_keyframes(keyframe, truth, excluded, rules, lost)
    if not inside.all():
        row, keyframe, index = row[inside], keyframe[inside], index[inside]
    # mmaction2 iterates over the keyframes of the ground truth, the others over the detections'.
    by_truth = not rules.empty_keyframes
    order, start = group_rows(truth.first_row[index] if by_truth else keyframe, by_value=by_truth)
    if order is not None:
        row, index = row[order], index[order]
    class_index = class_index[row]
    group = np.where(index < 0, -1, index * len(class_ids) + class_index)
    entries = _entries(given, row, start, rules)
    in_heap = kept_entries(entries, rules.capacity or max(len(row), 1))
    solid = _solid(entries, row, rules)
    kept = np.flatnonzero(in_heap & solid)
    lost["over_capacity"] = int(np.count_nonzero(~in_heap))
    lost["degenerate"] = len(row) - lost["over_capacity"] - len(kept)
    return Found(entries, in_heap, kept, row, class_index, group, lost)


def _entries(given: LabelledBoxes, row: np.ndarray, start: np.ndarray, rules: Protocol) -> Entries:
    """Return rows with the rounding and the type of the protocol."""
    score, boxes, box_row = given.score[row], given.boxes, row
    if rules.decimals >= 0:
        score = round_decimals(score, rules.decimals)
        boxes, box_row = round_decimals(boxes[row], rules.decimals), np.arange(len(row))
    if rules.single_precision:
        score, boxes = score.astype(np.float32), boxes.astype(np.float32)
    return Entries(start, score, given.class_id[row], boxes, box_row)


def _on_keyframes(
    keyframe: np.ndarray,
    truth: Truth,
    excluded: np.ndarray,
    rules: Protocol,
    lost: dict[str, int],
) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows are on evaluated keyframes, and the index of each keyframe.

    The index is -1 without ground truth. Rows of one keyframe mostly follow each other, so keys
    are looked up once per run of equal ones.
    """
    start = np.flatnonzero(np.append(True, keyframe[1:] != keyframe[:-1])[: len(keyframe)])
    size = np.diff(np.append(start, len(keyframe)))
    key = keyframe[start]
    out = _find(excluded, key) >= 0
    lost["excluded"] = int(size[out].sum())
    place = _find(truth.named, key)
    unknown = ~out & (place < 0)
    lost["unknown_keyframe"] = int(size[unknown].sum())
    index = np.append(truth.index_of_named, -1)[place]
    keep = ~out if rules.unknown_keyframes else ~out & ~unknown
    if not rules.empty_keyframes:
        lost["empty_keyframe"] = int(size[keep & (index < 0)].sum())
        keep &= index >= 0
    return np.repeat(keep, size), np.repeat(index, size)


def _solid(entries: Entries, row: np.ndarray, rules: Protocol) -> np.ndarray:
    """Return (N,) bool, which boxes the protocol does not drop for having no area."""
    if not rules.drops_degenerate:
        _refuse_reversed(entries.boxes_of(np.arange(len(row))), row, of_ground_truth=False)
        return np.ones(len(row), dtype=bool)
    left, top, right, bottom = entries.boxes.T
    return ((left < right) & (top < bottom))[entries.box_row]


def _index_of_class(class_id: np.ndarray, class_ids: np.ndarray) -> np.ndarray:
    """Return (N,) int16 index in ``class_ids``, -1 for other classes."""
    low, high = class_ids[0] - 1, class_ids[-1] + 1
    table = np.full(high - low + 1, -1, dtype=np.int16)
    table[class_ids - low] = np.arange(len(class_ids))
    return table[np.clip(class_id, low, high) - low]


def _find(keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the index of each wanted value among ascending keys, -1 for other values."""
    if not len(keys):
        return np.full(len(wanted), -1, dtype=np.int64)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, place, -1)


def _refuse_reversed(boxes: np.ndarray, row: np.ndarray, *, of_ground_truth: bool) -> None:
    left, top, right, bottom = boxes.T
    wrong = np.flatnonzero((left > right) | (top > bottom))
    if len(wrong):
        box = ", ".join(f"{value:g}" for value in boxes[wrong[0]])
        raise InvalidBoxError(
            f"expected a box with x1 <= x2 and y1 <= y2, got ({box}). "
            "Swap its corners or delete the row.",
            row=int(row[wrong[0]]),
            of_ground_truth=of_ground_truth,
        )
