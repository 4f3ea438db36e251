"""Matching, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from stad.evaluation import matching
from stad.evaluation.matching import (
    Pairs,
    ascending_order,
    best_partner,
    first_come,
    greedy_by_detection,
    greedy_by_ground_truth,
    overlapping_pairs,
)


@pytest.mark.parametrize("at_a_time", [1, 2, 1000])
def test_pairs_are_those_of_one_group(monkeypatch, at_a_time):
    monkeypatch.setattr(matching, "PAIRS_AT_A_TIME", at_a_time)
    found, truth = np.array([7, 3, -1, 7, 5000]), np.array([3, 7, 7, 9])
    pairs = overlapping_pairs(
        found,
        truth,
        overlap=lambda which, what: np.where(what == 1, 0.4, 0.6) + which * 0.1,
        threshold=0.5,
    )
    assert pairs.detection.tolist() == [0, 1, 3, 3]
    assert pairs.ground_truth.tolist() == [2, 0, 1, 2]
    np.testing.assert_allclose(pairs.overlap, [0.6, 0.7, 0.7, 0.9])


def test_best_partner_takes_the_lowest_position_of_equals():
    pairs = Pairs(np.array([0, 0, 2, 2, 2]), np.array([0, 1, 0, 1, 2]), np.array([6, 6, 5, 7, 7.0]))
    assert best_partner(pairs, 3, ground_truth_position=np.arange(3)).tolist() == [0, -1, 1]
    other = np.array([2, 1, 0])
    assert best_partner(pairs, 3, ground_truth_position=other).tolist() == [1, -1, 2]


def test_highest_score_wins_then_the_first():
    partner = np.array([0, 0, -1, 1, 1, 1])
    score = np.array([0.2, 0.9, 1.0, 0.4, 0.5, 0.5])
    right = first_come(partner, ascending_order(score), score=score)
    assert right.tolist() == [False, True, False, False, True, False]


def test_ascending_order_is_stable():
    random = np.random.default_rng(0)
    for values in (random.random(1000), random.random(1000).round(2), random.random(999).round(4)):
        np.testing.assert_array_equal(ascending_order(values), np.argsort(values, kind="stable"))


# Detection 1 (first by score) overlaps both ground truths, 0 more; detection 0 only 0; detection
# 2 only 1, more than all.
CONTESTED = Pairs(np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1]), np.array([0.9, 0.8, 0.6, 0.95]))
DESCENDING = np.array([1, 0, 2])


def test_a_detection_may_take_what_is_left():
    assert greedy_by_detection(CONTESTED, DESCENDING).tolist() == [False, True, True]
    # Detection 1 comes last and finds its first choice taken.
    other = CONTESTED._replace(overlap=np.array([0.9, 0.8, 0.6, 0.1]))
    assert greedy_by_detection(other, np.array([0, 1, 2])).tolist() == [True, True, False]


def test_a_ground_truth_may_take_what_is_left():
    assert greedy_by_ground_truth(CONTESTED, DESCENDING).tolist() == [True, False, True]
    # Of equal overlaps the higher score; what is taken is not free for the next.
    equal = CONTESTED._replace(overlap=np.array([0.7, 0.7, 0.6, 0.5]))
    assert greedy_by_ground_truth(equal, DESCENDING).tolist() == [False, True, True]
