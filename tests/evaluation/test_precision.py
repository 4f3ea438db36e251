"""Average precision and its curve, worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stad.evaluation.precision import (
    ap_at_hits,
    ap_trapezoid,
    average_precision,
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
