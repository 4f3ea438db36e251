"""Define the rates at which people change from one posture to another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Changes per second of a person in the posture on the left, by the names of the label map 'poses'.
# They are round numbers of everyday scenes: a person is upright for a second or two before the next
# change, sits for several, lies for longer; a fall takes about a second and ends on the floor.
CHANGES_PER_SEC: dict[str, dict[str, float]] = {
    "stand": {
        "walk": 0.40,
        "sit": 0.15,
        "bend/bow (at the waist)": 0.12,
        "crouch/kneel": 0.10,
        "fall down": 0.12,
        "run/jog": 0.05,
    },
    "sit": {
        "stand": 0.12,
        "lie/sleep": 0.05,
        "bend/bow (at the waist)": 0.04,
        "crouch/kneel": 0.04,
        "walk": 0.03,
        "fall down": 0.06,
    },
    "walk": {
        "stand": 0.35,
        "sit": 0.08,
        "bend/bow (at the waist)": 0.06,
        "run/jog": 0.05,
        "crouch/kneel": 0.05,
        "fall down": 0.10,
    },
    "run/jog": {"walk": 0.40, "stand": 0.30, "fall down": 0.12},
    "lie/sleep": {
        "sit": 0.07,
        "crouch/kneel": 0.06,
        "stand": 0.01,
        "bend/bow (at the waist)": 0.01,
    },
    "bend/bow (at the waist)": {
        "stand": 0.60,
        "walk": 0.25,
        "crouch/kneel": 0.20,
        "sit": 0.12,
        "fall down": 0.15,
        "lie/sleep": 0.03,
    },
    "crouch/kneel": {
        "stand": 0.40,
        "bend/bow (at the waist)": 0.20,
        "sit": 0.15,
        "walk": 0.10,
        "lie/sleep": 0.08,
        "fall down": 0.12,
    },
    "fall down": {
        "lie/sleep": 0.90,
        "sit": 0.15,
        "crouch/kneel": 0.12,
        "stand": 0.05,
        "bend/bow (at the waist)": 0.03,
        "walk": 0.03,
    },
}
# Between two postures of the table that it does not join directly: rare, but not impossible.
RARE_PER_SEC = 0.003
# From and to a posture that the table does not know, to all others together.
PLAIN_PER_SEC = 0.5


def change_rates(names: Sequence[str]) -> np.ndarray:
    """Return the rates of change between postures as a generator matrix.

    Args:
        names: the N postures; those that ``CHANGES_PER_SEC`` does not know change to any other
            one, and any other one to them, at ``PLAIN_PER_SEC / (N - 1)``.

    Returns:
        (N, N) float64 changes per second from row to column; each row sums to 0.

    >>> change_rates(["stand", "walk"]).tolist()
    [[-0.4, 0.4], [0.35, -0.35]]
    >>> change_rates(["open", "shut"]).tolist()
    [[-0.5, 0.5], [0.5, -0.5]]
    """
    plain = PLAIN_PER_SEC / max(len(names) - 1, 1)
    rates = np.full((len(names), len(names)), plain)
    for row, before in enumerate(names):
        for column, after in enumerate(names):
            if before in CHANGES_PER_SEC and after in CHANGES_PER_SEC:
                rates[row, column] = CHANGES_PER_SEC[before].get(after, RARE_PER_SEC)
    np.fill_diagonal(rates, 0.0)
    np.fill_diagonal(rates, -rates.sum(axis=1))
    return rates
