"""The entries that AVA keeps per keyframe: against the heap itself, entry by entry."""

from __future__ import annotations

import heapq
import random

import numpy as np
import pytest

from stad.evaluation.ava_heap import Entries, group_rows, heap_positions, kept_entries


def run_heap(tuples, capacity):
    heap = []
    for item in tuples:
        if len(heap) < capacity:
            heapq.heappush(heap, item)
        elif item[0] > heap[0][0]:
            heapq.heapreplace(heap, item)
    return heap


def make_entries(chance, sizes, levels):
    start = np.append(0, np.cumsum(sizes))
    count = int(start[-1])
    values = [[chance.randint(0, levels) / levels for _ in range(count)] for _ in range(5)]
    action = np.array([chance.randint(1, 2) for _ in range(count)])
    boxes = np.array(values[1:]).T.reshape(-1, 4)
    return Entries(start, np.array(values[0]), action, boxes, np.arange(count))


def tuples_of(entries, keyframe):
    """(score, action, y1, x1, y2, x2) of a keyframe's rows."""
    mine = slice(*entries.start[keyframe : keyframe + 2])
    columns = [entries.score[mine], entries.action[mine], *entries.boxes[mine].T[[1, 0, 3, 2]]]
    return list(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize("levels", [1, 2, 5, 10**6])
@pytest.mark.parametrize("capacity", [1, 3, 50])
def test_keeps_what_the_heap_keeps_and_where(levels, capacity):
    chance = random.Random(f"{levels} {capacity}")
    for _ in range(20):
        sizes = [chance.choice([1, capacity, capacity + 1, 3 * capacity, 200]) for _ in range(5)]
        entries = make_entries(chance, sizes, levels)
        keep = kept_entries(entries, capacity)
        everywhere = np.arange(len(sizes))
        position = heap_positions(entries, keep, everywhere, capacity=capacity)
        for keyframe in everywhere:
            rows = np.arange(entries.start[keyframe], entries.start[keyframe + 1])
            kept = keep[rows]
            tuples = tuples_of(entries, keyframe)
            heap = run_heap(tuples, capacity)
            held = [item for item, inside in zip(tuples, kept, strict=True) if inside]
            assert sorted(heap) == sorted(held)
            assert [heap[place] for place in position[rows[kept]]] == held


def test_rows_are_grouped_by_first_row():
    assert group_rows(np.array([5, 5, 2, 9]))[0] is None
    order, start = group_rows(np.array([5, 2, 5, 2, 9]))
    assert order.tolist() == [0, 2, 1, 3, 4]
    assert start.tolist() == [0, 2, 4, 5]


def test_rows_are_grouped_by_value():
    order, start = group_rows(np.array([5, 5, 2, 9]), by_value=True)
    assert order.tolist() == [2, 0, 1, 3]
    assert start.tolist() == [0, 1, 3, 4]
    assert group_rows(np.empty(0, np.int64))[1].tolist() == [0]
