"""Round numbers, and turn them into values that JSON has."""

from __future__ import annotations

import math

import numpy as np


def none_if_nan(value: float) -> float | None:
    """Return a number as JSON has it: NaN becomes None.

    >>> none_if_nan(0.5), none_if_nan(float("nan"))
    (0.5, None)
    """
    return None if math.isnan(value) else float(value)


def rounded_or_none(value: float, digits: int) -> float | None:
    """Return a number rounded for a file; NaN and infinity become None.

    >>> rounded_or_none(0.123456, 4), rounded_or_none(float("nan"), 4)
    (0.1235, None)
    """
    return round(float(value), digits) if math.isfinite(value) else None


def shown_number(value: float | None, digits: int = 2) -> str:
    """Return a number as tables show it; '-' for None.

    >>> shown_number(0.1256), shown_number(0.1256, 3), shown_number(None)
    ('0.13', '0.126', '-')
    """
    return "-" if value is None else f"{value:.{digits}f}"


def rounded(values: np.ndarray, digits: int) -> list[float]:
    """Round a row of numbers, as Python rounds a float64.

    Args:
        values: (N,) any type.
        digits: after the point.

    >>> rounded(np.array([0.12345, 2.0]), 3)
    [0.123, 2.0]
    """
    return [round(value, digits) for value in np.asarray(values, dtype=np.float64).tolist()]


def round_decimals(values: np.ndarray, decimals: int) -> np.ndarray:
    """Round each value to the float64 that is nearest to ``f"{value:.{decimals}f}"``.

    ``np.round`` multiplies first and can therefore land on the other side of a half. The few
    values close to a half are printed and read back instead.

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
    # Above 2**52 the product has no reliable fraction; below, it is exact to 1 in 2**52.
    doubtful = np.flatnonzero(
        (distance > 0.499) | (np.abs(scaled).ravel() >= 2**40).reshape(values.shape)
    )
    flat = rounded.reshape(-1)
    for place in doubtful:
        flat[place] = float(f"{values.reshape(-1)[place]:.{decimals}f}")
    return rounded
