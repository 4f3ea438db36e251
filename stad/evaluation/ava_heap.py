"""Select and order the 50 entries per keyframe that AVA's official evaluation keeps.

The official code pushes (score, action id, y1, x1, y2, x2) into a min-heap per keyframe. Once it
holds 50, a new entry must score strictly above the heap's smallest, which it replaces. The result
differs from "the 50 highest" only for equal scores, and the order in the heap matters only for
them. The heap itself is therefore run only for the few keyframes where it decides something.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np

CELLS_AT_A_TIME = 1 << 17


class Entries(NamedTuple):
    """Rows grouped by keyframe; within a keyframe in file order.

    Attributes:
        start: (K + 1,) int64, keyframe k has rows start[k] to start[k + 1].
        score: (N,) float64.
        action: (N,) int.
        boxes: (B, 4) xyxy, the boxes of these rows among others, which saves a large copy.
        box_row: (N,) int64 index in ``boxes`` of each row.
    """

    start: np.ndarray
    score: np.ndarray
    action: np.ndarray
    boxes: np.ndarray
    box_row: np.ndarray

    def boxes_of(self, rows: np.ndarray) -> np.ndarray:
        """Return the (R, 4) boxes of some rows."""
        return self.boxes[self.box_row[rows]]

    def keyframe_of_rows(self) -> np.ndarray:
        """Return (N,) int64 index of each row's keyframe."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))


def group_rows(
    keyframe: np.ndarray, *, by_value: bool = False
) -> tuple[np.ndarray | None, np.ndarray]:
    """Order the rows by keyframe; within a keyframe they keep their order.

    Args:
        keyframe: (N,) int64 keys.
        by_value: order the keyframes by key, not by their first row.

    Returns:
        order: (N,) int64, or None if the rows are in that order already.
        start: (K + 1,) int64 start of each keyframe in that order.
    """
    if not len(keyframe):
        return None, np.zeros(1, dtype=np.int64)
    run_start = np.append(0, np.flatnonzero(keyframe[1:] != keyframe[:-1]) + 1)
    run_size = np.diff(np.append(run_start, len(keyframe)))
    run_key = keyframe[run_start]
    keys = np.unique(run_key)
    rank = np.searchsorted(keys, run_key)
    if not by_value:
        first = np.empty(len(keys), dtype=np.int64)
        # The last write stays: the first run of each key.
        first[rank[::-1]] = np.arange(len(rank))[::-1]
        place = np.empty(len(keys), dtype=np.int64)
        place[np.argsort(first)] = np.arange(len(keys))
        rank = place[rank]
    if len(keys) == len(run_start) and (np.diff(rank) > 0).all():
        return None, np.append(run_start, len(keyframe))
    # numpy sorts 16-bit numbers by radix, many times faster than others.
    row_rank = np.repeat(rank.astype(np.uint16 if len(keys) <= 1 << 16 else np.int64), run_size)
    size = np.bincount(row_rank, minlength=len(keys))
    return np.argsort(row_rank, kind="stable"), np.append(0, np.cumsum(size))


def kept_entries(entries: Entries, capacity: int) -> np.ndarray:
    """Return which rows the heaps hold in the end.

    Returns:
        (N,) bool.
    """
    size = np.diff(entries.start)
    if not len(size) or size.max() <= capacity:
        return np.ones(len(entries.score), dtype=bool)
    limit = _lowest_kept_score(entries, size, capacity)
    row_limit = np.repeat(limit, size)
    keep = entries.score >= row_limit
    num_kept = np.add.reduceat(keep, entries.start[:-1], dtype=np.int64)
    crowded = np.flatnonzero(num_kept > capacity)
    if len(crowded):
        _drop_surplus(entries, keep, row_limit, crowded, capacity)
    return keep


def _lowest_kept_score(entries: Entries, size: np.ndarray, capacity: int) -> np.ndarray:
    """Return the capacity-th highest score of each keyframe; -inf if it has no more entries."""
    limit = np.full(len(size), -np.inf)
    width = 1 << int(capacity).bit_length()
    while True:
        # Keyframes of similar size share a padded table, so that a long one costs no memory.
        narrow = width // 2 if width // 2 > capacity else capacity
        group = np.flatnonzero((size > narrow) & (size <= width))
        step = max(CELLS_AT_A_TIME // width, 1)
        for begin in range(0, len(group), step):
            some = group[begin : begin + step]
            column = np.arange(width)
            place = entries.start[some, None] + column
            table = entries.score[np.minimum(place, len(entries.score) - 1)]
            table[column >= size[some, None]] = -np.inf
            table.partition(width - capacity, axis=1)
            limit[some] = table[:, width - capacity]
        if width >= size.max():
            return limit
        width *= 2


def _drop_surplus(
    entries: Entries,
    keep: np.ndarray,
    row_limit: np.ndarray,
    keyframes: np.ndarray,
    capacity: int,
) -> None:
    """Clear ``keep`` for the entries of equal score that are pushed out of some keyframes.

    After the row that makes ``capacity`` scores at or above the limit, entries at the limit do not
    enter any more, and each higher one that follows pushes out the smallest entry at the limit.
    """
    rows, keyframe = _rows_of(entries.start, keyframes)
    candidate = keep[rows]
    rows, keyframe = rows[candidate], keyframe[candidate]
    seen = _count_within(keyframe)
    at_limit = entries.score[rows] == row_limit[rows]
    late = at_limit & (seen >= capacity)
    keep[rows[late]] = False
    higher = np.bincount(keyframe[~at_limit], minlength=len(keyframes))
    waiting = at_limit & ~late
    surplus = np.bincount(keyframe[waiting], minlength=len(keyframes)) + higher - capacity
    mine = waiting & (surplus > 0)[keyframe]
    rows, keyframe = rows[mine], keyframe[mine]
    left, top, right, bottom = entries.boxes_of(rows).T
    ascending = np.lexsort((right, bottom, left, top, entries.action[rows], keyframe))
    out = _count_within(keyframe[ascending]) < surplus[keyframe[ascending]]
    keep[rows[ascending[out]]] = False


def heap_positions(
    entries: Entries, keep: np.ndarray, keyframes: np.ndarray, *, capacity: int
) -> np.ndarray:
    """Return the position of each kept row in the array of its heap.

    Args:
        entries: N rows.
        keep: (N,) bool from ``kept_entries``.
        keyframes: (Q,) the keyframes whose heaps are needed.
        capacity: maximum size of a heap; 0 for no limit.

    Returns:
        (N,) int64; the index of the row itself outside those keyframes and if it is not kept.
    """
    position = np.arange(len(entries.score))
    for keyframe in keyframes:
        rows = np.arange(entries.start[keyframe], entries.start[keyframe + 1])
        left, top, right, bottom = entries.boxes_of(rows).T.tolist()
        action, score = entries.action[rows].tolist(), entries.score[rows].tolist()
        tuples = list(zip(score, action, top, left, bottom, right, strict=True))
        heap = _run_heap(tuples, capacity)
        # Equal tuples are interchangeable, so they are paired in order.
        in_heap = sorted(range(len(heap)), key=heap.__getitem__)
        kept = sorted(np.flatnonzero(keep[rows]).tolist(), key=tuples.__getitem__)
        position[rows[kept]] = in_heap
    return position


def _run_heap(tuples: list[tuple], capacity: int) -> list[tuple]:
    heap: list[tuple] = []
    for item in tuples:
        if not capacity or len(heap) < capacity:
            heapq.heappush(heap, item)
        elif item[0] > heap[0][0]:
            heapq.heapreplace(heap, item)
    return heap


def _rows_of(start: np.ndarray, keyframes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return all rows of some keyframes, and the place of each row's keyframe among those."""
    size = start[keyframes + 1] - start[keyframes]
    keyframe = np.repeat(np.arange(len(keyframes)), size)
    return start[keyframes][keyframe] + _count_within(keyframe), keyframe


def _count_within(group: np.ndarray) -> np.ndarray:
    """Count 0, 1, 2 ... within each run of equal values."""
    if not len(group):
        return np.empty(0, dtype=np.int64)
    starts = np.append(0, np.flatnonzero(group[1:] != group[:-1]) + 1)
    size = np.diff(np.append(starts, len(group)))
    return np.arange(len(group)) - np.repeat(starts, size)
