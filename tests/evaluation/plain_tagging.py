"""The figures of the YouTube-8M challenges, written down plainly, for small cases without ties."""

from __future__ import annotations

from collections.abc import Sequence

Rows = Sequence[Sequence[float]]


def plain_hit_at_1(scores: Rows, labels: Rows) -> float:
    hits = 0
    for row, truth in zip(scores, labels, strict=True):
        best = 0
        for number, score in enumerate(row):
            if score > row[best]:
                best = number
        hits += bool(truth[best])
    return hits / len(scores)


def plain_perr(scores: Rows, labels: Rows) -> float:
    total = 0.0
    for row, truth in zip(scores, labels, strict=True):
        count = sum(map(bool, truth))
        if count:
            first = sorted(range(len(row)), key=lambda k: (-row[k], k))[:count]
            total += sum(bool(truth[k]) and row[k] > 0 for k in first) / count
    return total / len(scores)


def top_pairs(scores: Rows, labels: Rows, top_k: int) -> list[tuple[float, int, bool]]:
    """Return (score, class, is a label) of the highest predictions of each video."""
    pairs = []
    for row, truth in zip(scores, labels, strict=True):
        for k in sorted(range(len(row)), key=lambda k: (-row[k], k))[:top_k]:
            pairs.append((row[k], k, bool(truth[k])))
    return pairs


def plain_ap(pairs: list[tuple[float, bool]], num_labels: int) -> float:
    """Return the precision at each label that is found, summed over all labels."""
    hits, total = 0, 0.0
    for rank, (_, is_label) in enumerate(pairs, start=1):
        if is_label:
            hits += 1
            total += hits / rank
    return total / num_labels if num_labels else 0.0


def best_and_worst_ap(pairs: list[tuple[float, bool]], num_labels: int) -> tuple[float, float]:
    """Return average precision with labels first among equal scores, and with them last."""
    best = sorted(pairs, key=lambda one: (-one[0], not one[1]))
    worst = sorted(pairs, key=lambda one: (-one[0], one[1]))
    return plain_ap(best, num_labels), plain_ap(worst, num_labels)
