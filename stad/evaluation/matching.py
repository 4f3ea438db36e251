"""Match detections with ground truth, for frame-mAP, segment-mAP and tube-mAP.

Matching takes place within a *group*: one class of one keyframe, or one class of one video.
In descending order of score, each detection chooses the ground truth that it overlaps most. The
first detection that chooses a ground truth and overlaps it enough is right. All others are wrong,
without a second choice (PASCAL VOC development kit, section 3.4.1): ``best_partner`` and
``first_come``. Some benchmarks give a detection the best ground truth that is still free
(``greedy_by_detection``), or a ground truth the best detection that is still free
(``greedy_by_ground_truth``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

# Number of pairs compared at a time, so that they stay in the cache.
PAIRS_AT_A_TIME = 1 << 16


class Pairs(NamedTuple):
    """Detections and ground truth of one group that overlap enough.

    Attributes:
        detection: (P,) int64 index of the detection, ascending.
        ground_truth: (P,) int64 index of the ground truth.
        overlap: (P,) float64 in [0, 1].
    """

    detection: np.ndarray
    ground_truth: np.ndarray
    overlap: np.ndarray


def overlapping_pairs(
    detection_group: np.ndarray,
    ground_truth_group: np.ndarray,
    *,
    overlap: Callable[[np.ndarray, np.ndarray], np.ndarray],
    threshold: float,
) -> Pairs:
    """List all pairs within a group whose overlap is at least the threshold.

    Args:
        detection_group: (N,) int64 group of each detection.
        ground_truth_group: (M,) int64 group of each ground truth, ascending.
        overlap: returns the (P,) overlaps of P detection and P ground-truth indices.
        threshold: minimum overlap that counts, in [0, 1].
    """
    some, first, count = _ranges(detection_group, ground_truth_group)
    ends = np.cumsum(count)
    total = int(ends[-1]) if len(ends) else 0
    edges = np.searchsorted(ends, np.arange(PAIRS_AT_A_TIME, total, PAIRS_AT_A_TIME))
    parts = [Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))]
    for begin, end in zip([0, *edges], [*edges, len(some)], strict=True):
        size = count[begin:end]
        detection = np.repeat(some[begin:end], size)
        offset = np.repeat(first[begin:end] - (np.cumsum(size) - size), size)
        truth = np.arange(len(detection)) + offset
        value = overlap(detection, truth)
        keep = np.flatnonzero(value >= threshold)
        parts.append(Pairs(detection[keep], truth[keep], value[keep]))
    return Pairs(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _ranges(
    detection_group: np.ndarray, ground_truth_group: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the detections with ground truth in their group, and its first index and count."""
    groups, first, count = np.unique(ground_truth_group, return_index=True, return_counts=True)
    if not len(groups):
        none = np.empty(0, np.int64)
        return none, none, none
    # A table of hashes drops most groups without ground truth before the costly search.
    size = 1 << max(int(8 * len(groups)).bit_length(), 10)
    present = np.zeros(size, dtype=bool)
    present[groups & (size - 1)] = True
    some = np.flatnonzero(present[detection_group & (size - 1)])
    wanted = detection_group[some]
    place = np.minimum(np.searchsorted(groups, wanted), len(groups) - 1)
    found = groups[place] == wanted
    some, place = some[found], place[found]
    return some, first[place], count[place]


def best_partner(
    pairs: Pairs, num_detections: int, *, ground_truth_position: np.ndarray
) -> np.ndarray:
    """Return the ground truth that each detection overlaps most; on a tie the first by position.

    Args:
        pairs: from ``overlapping_pairs``.
        num_detections: N.
        ground_truth_position: (M,) int, the order of the ground truth within its group.

    Returns:
        (N,) int64 index of the ground truth, -1 if none overlaps enough.
    """
    partner = np.full(num_detections, -1, dtype=np.int64)
    best = _is_best(pairs)
    detection, truth = pairs.detection[best], pairs.ground_truth[best]
    # Written from the last to the first position, so that the lowest position stays.
    order = np.argsort(-ground_truth_position[truth], kind="stable")
    partner[detection[order]] = truth[order]
    return partner


def tied_pairs(pairs: Pairs) -> np.ndarray:
    """Find the pairs in which a detection overlaps several ground truths most, and equally.

    Returns:
        (Q,) int64 indices into the pairs, ascending.
    """
    best = _is_best(pairs)
    again = pairs.detection[best[1:]] == pairs.detection[best[:-1]]
    return best[(np.append(False, again) | np.append(again, False))[: len(best)]]


def _is_best(pairs: Pairs) -> np.ndarray:
    """Return the indices of the pairs with the highest overlap of their detection."""
    if not len(pairs.detection):
        return np.empty(0, dtype=np.int64)
    change = pairs.detection[1:] != pairs.detection[:-1]
    starts = np.append(0, np.flatnonzero(change) + 1)
    highest = np.maximum.reduceat(pairs.overlap, starts)
    size = np.diff(np.append(starts, len(pairs.overlap)))
    return np.flatnonzero(pairs.overlap == np.repeat(highest, size))


def first_come(partner: np.ndarray, ascending: np.ndarray, *, score: np.ndarray) -> np.ndarray:
    """Return which detections are right: the one of highest score among those of a partner.

    Args:
        partner: (N,) int64 from ``best_partner``.
        ascending: (N,) int64 indices of the detections by ascending score, at least within each
            group; the first one of equal scores wins.
        score: (N,) float.

    Returns:
        (N,) bool.
    """
    right = np.zeros(len(partner), dtype=bool)
    some = ascending[partner[ascending] >= 0]
    if not len(some):
        return right
    # The last write stays: the highest score, and then the first one that equals it.
    winner = np.full(partner.max() + 1, -1, dtype=np.int64)
    winner[partner[some]] = some
    equal = some[score[some] == score[winner[partner[some]]]][::-1]
    winner[partner[equal]] = equal
    right[winner[winner >= 0]] = True
    return right


def greedy_by_detection(pairs: Pairs, descending: np.ndarray) -> np.ndarray:
    """Return which detections are right if each takes the free ground truth it overlaps most.

    Args:
        pairs: from ``overlapping_pairs``.
        descending: (N,) int64 indices of the detections by descending score.

    Returns:
        (N,) bool.
    """
    rank = _ranks(descending)
    order = np.lexsort((pairs.ground_truth, -pairs.overlap, rank[pairs.detection]))
    return _take(pairs.detection[order], pairs.ground_truth[order], len(descending))


def greedy_by_ground_truth(pairs: Pairs, descending: np.ndarray) -> np.ndarray:
    """Return which detections are right if each ground truth, in order, takes the best free one.

    The best one has the largest overlap, and among equals the highest score. Arguments and result
    are those of ``greedy_by_detection``.
    """
    rank = _ranks(descending)
    order = np.lexsort((rank[pairs.detection], -pairs.overlap, pairs.ground_truth))
    return _take(pairs.detection[order], pairs.ground_truth[order], len(descending))


def _ranks(order: np.ndarray) -> np.ndarray:
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank


def _take(detection: np.ndarray, truth: np.ndarray, num_detections: int) -> np.ndarray:
    """Match each pair, in order, of which neither side is matched yet."""
    right, taken = np.zeros(num_detections, dtype=bool), set()
    for found, there in zip(detection.tolist(), truth.tolist(), strict=True):
        if not right[found] and there not in taken:
            right[found] = True
            taken.add(there)
    return right


def ascending_order(score: np.ndarray) -> np.ndarray:
    """Compute ``np.argsort(score, kind="stable")``, twice as fast if few scores are equal.

    Args:
        score: (N,) float.

    >>> ascending_order(np.array([0.5, 0.1, 0.5, 0.1])).tolist()
    [1, 3, 0, 2]
    """
    order = np.argsort(score)
    value = score[order]
    equal = value[1:] == value[:-1]
    if np.count_nonzero(equal) > len(score) // 8:
        return np.argsort(score, kind="stable")
    again = np.append(False, equal)[: len(score)]
    member = np.flatnonzero(again | np.append(equal, False)[: len(score)])
    run = np.cumsum(~again)[member]
    order[member] = order[member][np.lexsort((order[member], run))]
    return order
