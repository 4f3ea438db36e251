"""Matching and average precision, worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stad.evaluation import detection
from stad.evaluation.detection import (
    Pairs,
    ap_at_hits,
    ap_trapezoid,
    ascending_order,
    average_precision,
    best_partner,
    first_come,
    greedy_by_detection,
    greedy_by_ground_truth,
    overlapping_pairs,
    precision_recall,
)


@pytest.mark.parametrize(
    ("right", "count", "expected"),
    [
        ([True, True], 2, 1.0),
        ([True, False, True], 2, 1 / 2 + 1 / 2 * 2 / 3),
        ([False, True], 1, 1 / 2),
        # The envelope lifts the first step (1/2) to the second's 2/3.
        ([False, True, True], 4, 1 / 4 * 2 / 3 + 1 / 4 * 2 / 3),
        ([False], 3, 0.0),
        ([], 3, 0.0),
        ([False], 0, math.nan),
    ],
)
def test_average_precision(right, count, expected):
    assert average_precision(np.array(right, bool), count) == pytest.approx(expected, nan_ok=True)


def test_precision_recall():
    curve = precision_recall(np.array([True, False]), np.array([0.9, 0.1]), num_ground_truth=4)
    assert curve.precision.tolist() == [1.0, 0.5]
    assert curve.recall.tolist() == [0.25, 0.25]
    nothing = precision_recall(np.array([False]), np.array([0.9]), num_ground_truth=0)
    assert np.isnan(nothing.recall).all()


@pytest.mark.parametrize("at_a_time", [1, 2, 1000])
def test_pairs_are_those_of_one_group(monkeypatch, at_a_time):
    monkeypatch.setattr(detection, "PAIRS_AT_A_TIME", at_a_time)
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


@pytest.mark.parametrize(
    ("right", "count", "hits", "trapezoid"),
    [
        ([True, True], 2, 1.0, 1.0),
        # From 1 at recall 0 to 0 at recall 0, to 1/2 at recall 1: half of 0 and 1/2.
        ([False, True], 1, 1 / 2, 1 / 4),
        ([False, True, True], 4, (1 / 2 + 2 / 3) / 4, (1 / 4 + 7 / 12) / 4),
        ([], 3, 0.0, 0.0),
        ([False], 0, math.nan, math.nan),
    ],
)
def test_other_areas(right, count, hits, trapezoid):
    right = np.array(right, bool)
    assert ap_at_hits(right, count) == pytest.approx(hits, nan_ok=True)
    assert ap_trapezoid(right, count) == pytest.approx(trapezoid, nan_ok=True)
