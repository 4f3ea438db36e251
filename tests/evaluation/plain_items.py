"""The benchmarks' evaluations of segments and tubes in plain loops, for one class."""

from __future__ import annotations

from itertools import pairwise

import numpy as np


def time_iou(first, second) -> float:
    shared = max(0.0, min(first[1], second[1]) - max(first[0], second[0]))
    return shared / ((first[1] - first[0]) + (second[1] - second[0]) - shared)


def by_score(found):
    """Rows (video, shape, score), the best first."""
    return sorted(found, key=lambda row: -row[2])


def envelope_area(hits: list[bool], number: int) -> float:
    """Precision made to fall with recall, summed over the steps of recall."""
    precision, recall, right = [], [], 0
    for place, hit in enumerate(hits, start=1):
        right += hit
        precision.append(right / place)
        recall.append(right / number)
    precision, recall = [0.0, *precision, 0.0], [0.0, *recall, 1.0]
    for i in range(len(precision) - 2, -1, -1):
        precision[i] = max(precision[i], precision[i + 1])
    steps = range(1, len(recall))
    return sum((recall[i] - recall[i - 1]) * precision[i] for i in steps)


def activitynet_ap(truth, found, threshold: float) -> float:
    """Rows of truth are (video, span)."""
    taken, hits = set(), []
    for video, span, _ in by_score(found):
        overlaps = [
            (time_iou(span, other), index)
            for index, (there, other) in enumerate(truth)
            if there == video
        ]
        hit = False
        for value, index in sorted(overlaps, reverse=True):
            if value < threshold:
                break
            if index not in taken:
                taken.add(index)
                hit = True
                break
        hits.append(hit)
    return envelope_area(hits, len(truth))


def thumos_ap(truth, found, threshold: float, ambiguous=()) -> float:
    """Ground truth chooses; what only touches ambiguous time is not counted."""
    flagged = []
    for video in sorted({row[0] for row in [*truth, *found]}):
        mine = by_score([row for row in found if row[0] == video])
        free = [True] * len(mine)
        for there, span in truth:
            if there != video:
                continue
            values = [time_iou(span, row[1]) if free[i] else -1 for i, row in enumerate(mine)]
            if values and max(values) > threshold:
                free[values.index(max(values))] = False
        unsure = [span for there, span in ambiguous if there == video]
        for is_free, row in zip(free, mine, strict=True):
            if not is_free:
                flagged.append((row[2], True))
            elif not any(time_iou(row[1], span) > 0 for span in unsure):
                flagged.append((row[2], False))
    flagged.sort(key=lambda pair: -pair[0])
    total = right = 0
    for place, (_, hit) in enumerate(flagged, start=1):
        right += hit
        total += hit * right / place
    return total / len(truth)


def span_iou(first, second, *, pixel: float, frame: int) -> float:
    """Tubes are (T, 5) rows of frame and box, frames without holes."""
    begin, end = max(first[0, 0], second[0, 0]), min(first[-1, 0], second[-1, 0])
    if end < begin:
        return 0.0
    whole = max(first[-1, 0], second[-1, 0]) - min(first[0, 0], second[0, 0]) + frame
    if whole == 0:
        return 0.0
    values = []
    for number in range(int(begin), int(end) + 1):
        a = first[first[:, 0] == number][0, 1:]
        b = second[second[:, 0] == number][0, 1:]
        width = max(0.0, min(a[2], b[2]) + pixel - max(a[0], b[0]))
        height = max(0.0, min(a[3], b[3]) + pixel - max(a[1], b[1]))
        areas = [(box[2] - box[0] + pixel) * (box[3] - box[1] + pixel) for box in (a, b)]
        values.append(width * height / (sum(areas) - width * height))
    return float(np.mean(values)) * (end - begin + frame) / whole


def act_ap(truth, found, threshold: float) -> float:
    """Ground truth that was found is crossed out; trapezoids under the curve."""
    left = list(truth)
    points, right, wrong = [(1.0, 0.0)], 0, 0
    for video, tube, _ in by_score(found):
        values = [span_iou(g, tube, pixel=1, frame=1) if v == video else -1 for v, g in left]
        if values and max(values) >= threshold:
            del left[int(np.argmax(values))]
            right += 1
        else:
            wrong += 1
        points.append((right / (right + wrong), right / len(truth)))
    return sum(
        (after[1] - before[1]) * (after[0] + before[0]) / 2 for before, after in pairwise(points)
    )


def box_iou(a, b, pixel: float) -> float:
    width = max(0.0, min(a[2], b[2]) + pixel - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) + pixel - max(a[1], b[1]))
    areas = [(box[2] - box[0] + pixel) * (box[3] - box[1] + pixel) for box in (a, b)]
    return width * height / (sum(areas) - width * height)


def act_frame_ap(truth, found, threshold: float) -> float:
    """Rows of truth are (frame of a video, box); as ``act_ap``, for boxes."""
    left = list(truth)
    points, right, wrong = [(1.0, 0.0)], 0, 0
    for key, box, _ in by_score(found):
        values = [box_iou(g, box, 1) if k == key else -1 for k, g in left]
        if values and max(values) >= threshold:
            del left[int(np.argmax(values))]
            right += 1
        else:
            wrong += 1
        points.append((right / (right + wrong), right / len(truth)))
    return sum(
        (after[1] - before[1]) * (after[0] + before[0]) / 2 for before, after in pairwise(points)
    )


def multisports_frame_ap(truth, found, threshold: float) -> float:
    """A box has its best ground truth or none."""
    taken, hits = set(), []
    for key, box, _ in by_score(found):
        values = [box_iou(g, box, 0) if k == key else -1 for k, g in truth]
        best = int(np.argmax(values))
        hits.append(values[best] >= threshold and best not in taken)
        taken |= {best} if values[best] >= threshold else set()
    return envelope_area(hits, len(truth))


def multisports_ap(truth, found, threshold: float) -> float:
    """A detection has its best ground truth or none."""
    taken, hits = set(), []
    for video, tube, _ in by_score(found):
        values = [span_iou(g, tube, pixel=0, frame=0) if v == video else -1 for v, g in truth]
        best = int(np.argmax(values))
        hits.append(values[best] >= threshold and best not in taken)
        taken |= {best} if values[best] >= threshold else set()
    return envelope_area(hits, len(truth))
