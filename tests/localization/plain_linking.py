"""The published linking of frames' boxes into tubes, in plain loops, for one class."""

from __future__ import annotations

import numpy as np


def overlap(a, b, pixel: float) -> float:
    width = max(0.0, min(a[2], b[2]) + pixel - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) + pixel - max(a[1], b[1]))
    areas = [(box[2] - box[0] + pixel) * (box[3] - box[1] + pixel) for box in (a, b)]
    return width * height / (sum(areas) - width * height)


def soft_nms(rows, limit: float, most: int):
    """Rows are (score, box); near ones of a better row have their score lowered."""
    waiting = sorted(rows, key=lambda row: -row[0])
    found = []
    while waiting:
        best = waiting.pop(0)
        found.append(best)
        far = []
        for score, box in waiting:
            value = overlap(best[1], box, 1.0)
            if value > limit:
                found.append((score * (1 - value), box))
            else:
                far.append((score, box))
        waiting = far
    return sorted(found, key=lambda row: -row[0])[:most]


def link(frames: dict[int, list], *, num_frames: int, pixel: float):
    """Return (score, rows (T, 5) of frame and box) of each tube; frames -> rows (score, box)."""
    done, growing = [], []
    for number in range(1, num_frames + 1):
        free = soft_nms(frames.get(number, []), 0.6, 10)
        growing.sort(key=lambda tube: -np.mean([row[1] for row in tube]))
        ended = []
        for tube in growing:
            good = [row for row in free if overlap(tube[-1][2], row[1], pixel) >= 0.5]
            if good:
                best = max(good, key=lambda row: row[0])
                tube.append((number, *best))
                free = [row for row in free if row is not best]
            else:
                ended.append(tube)
        growing = [tube for tube in growing if not any(tube is one for one in ended)]
        done += ended
        growing += [[(number, *row)] for row in free]
    tubes = []
    for tube in done + growing:
        score = float(np.mean([row[1] for row in tube]))
        if score >= 0.005 and len(tube) >= 15:
            tubes.append((score, np.array([[row[0], *row[2]] for row in tube], float)))
    return tubes
