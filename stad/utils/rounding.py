"""Rounding to decimals exactly as printing a number with that many decimals does."""

from __future__ import annotations

import numpy as np


def round_decimals(values: np.ndarray, decimals: int) -> np.ndarray:
    """The float64 nearest to what ``f"{value:.{decimals}f}"`` prints, for each value.

    ``np.round`` multiplies first, so that it can land on the other side of a half; the few
    values that near a half are therefore printed and read back.

    Args:
        values: any shape, float64, finite.
        decimals: digits after the point, 0 or more.

    >>> round_decimals(np.array([0.00025, 0.12344]), 4).tolist()
    [0.0003, 0.1234]
    >>> round_decimals(np.array([2.675]), 2).tolist()
    [2.67]
    """
    values = np.asarray(values, dtype=np.float64)
    scale = 10.0**decimals
    scaled = values * scale
    rounded = np.rint(scaled)
    distance = np.abs(scaled - rounded)
    rounded /= scale
    # Beyond 2**52 the product has no fraction left to trust; below it is right to 1 in 2**52.
    doubtful = np.flatnonzero(
        (distance > 0.499) | (np.abs(scaled).ravel() >= 2**40).reshape(values.shape)
    )
    flat = rounded.reshape(-1)
    for place in doubtful:
        flat[place] = float(f"{values.reshape(-1)[place]:.{decimals}f}")
    return rounded
