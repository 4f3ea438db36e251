"""Compute GAP and mAP with equal scores in the very order of YouTube-8M's evaluation code.

That code keeps pairs of score and label in a heap, shuffles the list of the heap with a fixed seed
and sorts it by score. So its figures depend on the batches when scores are equal. Python's heap
takes a microsecond a pair: this is for comparisons, ``stad.evaluation.tagging`` for all else.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterable

import numpy as np

from stad.evaluation.precision import ap_at_hits
from stad.evaluation.tagging import TOP_K, top_predictions

Pair = tuple[float, bool]


def original_gap_and_ap(
    batches: Iterable[tuple[np.ndarray, np.ndarray]], *, top_k: int = TOP_K
) -> tuple[float, np.ndarray]:
    """Return GAP and the average precision of each class, (C,) float64, as the original code.

    Args:
        batches: scores (N, C) float and labels (N, C), 0 or 1, in the order of the evaluation.
        top_k: predictions of a video that count.
    """
    all_pairs: list[Pair] = []
    class_pairs: list[list[Pair]] = []
    num_labels = np.zeros(0, dtype=np.int64)
    for scores, labels in batches:
        if not class_pairs:
            class_pairs = [[] for _ in range(scores.shape[1])]
            num_labels = np.zeros(len(class_pairs), dtype=np.int64)
        num_labels += (np.asarray(labels) > 0).sum(axis=0)
        top = top_predictions(scores, labels, top_k=top_k)
        flat = zip(
            top.classes.ravel().tolist(),
            top.scores.ravel().tolist(),
            top.is_label.ravel().tolist(),
            strict=True,
        )
        # Stable: the videos of a class in their order.
        for number, score, is_label in sorted(flat, key=lambda one: one[0]):
            heapq.heappush(all_pairs, (score, is_label))
            heapq.heappush(class_pairs[number], (score, is_label))
    aps = [_ap(pairs, count) for pairs, count in zip(class_pairs, num_labels.tolist(), strict=True)]
    return _ap(all_pairs, int(num_labels.sum())), np.array(aps)


def _ap(heap: list[Pair], num_ground_truth: int) -> float:
    if not num_ground_truth:
        return 0.0
    # A generator of its own: the original sets the seed of the whole program.
    rng = random.Random(0)
    shuffled = [heap[i] for i in rng.sample(range(len(heap)), len(heap))]
    shuffled.sort(key=lambda pair: pair[0], reverse=True)
    return ap_at_hits(np.array([pair[1] for pair in shuffled], dtype=bool), num_ground_truth)
