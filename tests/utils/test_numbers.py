"""Rounding as printing does it."""

from __future__ import annotations

import numpy as np
import pytest

from stad.utils.numbers import round_decimals


@pytest.mark.parametrize("decimals", [0, 2, 4, 6])
def test_equals_printing(decimals):
    random = np.random.default_rng(decimals)
    halves = (random.integers(0, 10**6, 2000) + 0.5) / 10**decimals
    values = np.concatenate([random.random(2000), halves, halves * 1e4, random.random(9) * 1e12])
    expected = [float(f"{value:.{decimals}f}") for value in values]
    np.testing.assert_array_equal(round_decimals(values, decimals), expected)


def test_keeps_the_shape():
    values = np.array([[0.00005, 1.0], [0.33333, 2.5]])
    assert round_decimals(values, 4).tolist() == [[0.0001, 1.0], [0.3333, 2.5]]
