"""AVA frame-mAP written plainly, rule by rule, with no thought of speed: what tests compare to.

Rows are lists of strings, as a CSV file has them.
"""

from __future__ import annotations

import heapq
import math
import struct

import numpy as np

CAPACITY = 50


def plain_ava(
    ground_truth, detections, *, classes, excluded=(), protocol="official", sort="stable"
):
    """Class id -> average precision (NaN where left out), and their mean.

    ``sort`` is numpy's kind of sort that orders the scores; None is numpy's default.
    """
    excluded = {keyframe_of(row) for row in excluded}
    capacity = CAPACITY if protocol == "official" else 0
    order = {"official": "heap", "mmaction2": "score", "pyslowfast": "file"}[protocol]
    if protocol == "mmaction2":
        detections = [as_mmaction2(row) for row in detections if float(row[7]) > 0.002]
    named = {keyframe_of(row) for row in ground_truth}
    truth = read(ground_truth, classes, capacity=0, order=order)
    found = read(detections, classes, capacity=capacity, order=order)
    outcomes = {number: [] for number in classes}
    for keyframe in truth if protocol == "mmaction2" else found:
        if keyframe in excluded or (protocol == "official" and keyframe not in named):
            continue
        entries = found.get(keyframe, [])
        if protocol != "mmaction2":
            entries = [entry for entry in entries if entry[2] < entry[4] and entry[3] < entry[5]]
        for number in classes:
            there = [entry[2:] for entry in truth.get(keyframe, []) if entry[1] == number]
            outcomes[number] += match(
                [entry for entry in entries if entry[1] == number],
                there,
                single=protocol == "mmaction2",
            )
    result = {}
    for number in classes:
        count = sum(
            entry[1] == number
            for keyframe, entries in truth.items()
            if protocol == "mmaction2" or keyframe not in excluded
            for entry in entries
        )
        if protocol == "mmaction2" and not outcomes[number]:
            result[number] = math.nan
        else:
            result[number] = average_precision(
                outcomes[number], count, sort=sort, single=protocol == "mmaction2"
            )
    known = [value for value in result.values() if not math.isnan(value)]
    return result, sum(known) / len(known) if known else math.nan


def keyframe_of(row):
    return f"{row[0]},{float(row[1]):.6f}"


def as_mmaction2(row):
    """A detection after the CSV file that mmaction2 writes, with 4 decimals."""
    boxes = [f"{float(value):.4f}" for value in row[2:6]]
    return [*row[:2], *boxes, row[6], f"{float(row[7]):.4f}"]


def read(rows, classes, *, capacity, order):
    """Keyframe -> entries (score, action id, y1, x1, y2, x2) in the order of the evaluation."""
    keyframes = {}
    for row in rows:
        if len(row) == 2 or int(row[6]) not in classes:
            continue
        x1, y1, x2, y2 = (float(value) for value in row[2:6])
        score = float(row[7]) if len(row) == 8 else 1.0
        entry = (score, int(row[6]), y1, x1, y2, x2)
        heap = keyframes.setdefault(keyframe_of(row), [])
        if order != "heap":
            heap.append(entry)
        elif capacity == 0 or len(heap) < capacity:
            heapq.heappush(heap, entry)
        elif score > heap[0][0]:
            heapq.heapreplace(heap, entry)
    if order != "file":
        for heap in keyframes.values():
            heap.sort(key=lambda entry: -entry[0])
    return keyframes


def match(entries, there, *, single):
    """(score, right or wrong) of the detections of one keyframe and class."""
    taken = set()
    outcomes = []
    for entry in entries:
        overlaps = [iou(entry[2:], box, single=single) for box in there]
        best = overlaps.index(max(overlaps)) if overlaps else None
        right = best is not None and overlaps[best] >= 0.5 and best not in taken
        if right:
            taken.add(best)
        outcomes.append((entry[0], right))
    return outcomes


def iou(first, second, *, single):
    """Of two (y1, x1, y2, x2); with float32 boxes, sides and areas if ``single``."""
    cut = to_single if single else float
    first, second = ([cut(value) for value in box] for box in (first, second))
    height = max(0.0, cut(min(first[2], second[2]) - max(first[0], second[0])))
    width = max(0.0, cut(min(first[3], second[3]) - max(first[1], second[1])))
    areas = [cut(cut(box[2] - box[0]) * cut(box[3] - box[1])) for box in (first, second)]
    union = cut(areas[0] + areas[1]) - height * width
    return height * width / union if union > 0 else 0.0


def to_single(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def average_precision(outcomes, count, *, sort, single):
    """Area under the precision envelope; outcomes as the evaluation came upon them."""
    if count == 0:
        return math.nan
    # Ascending, then reversed: with a stable sort the last of equal scores comes first.
    scores = np.array([score for score, _ in outcomes], np.float32 if single else np.float64)
    recall, precision, right = [0.0], [0.0], 0
    for place, index in enumerate(np.argsort(scores, kind=sort)[::-1], start=1):
        right += outcomes[index][1]
        recall.append(right / count)
        precision.append(right / place)
    recall.append(1.0)
    precision.append(0.0)
    for place in range(len(precision) - 2, -1, -1):
        precision[place] = max(precision[place], precision[place + 1])
    return sum(
        (recall[place] - recall[place - 1]) * precision[place] for place in range(1, len(recall))
    )
