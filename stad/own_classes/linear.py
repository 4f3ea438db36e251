"""Fit linear classifiers of several labels, some of them unknown, by L-BFGS."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from stad.annotations.own.examples import NEGATIVE, POSITIVE

MAX_STEPS = 60
# How many times as much a row of the rarer kind may count.
MAX_BALANCE = 20.0
# Directions in which rows hardly differ say nothing; more would only take time.
MIN_ENERGY, MAX_RANK = 1e-6, 400


class Linear(NamedTuple):
    """A classifier of C classes.

    Attributes:
        weight: (F, C) float64.
        bias: (C,) float64.
    """

    weight: np.ndarray
    bias: np.ndarray

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Return (N, C) float64 logits of (N, F) features."""
        return x @ self.weight + self.bias


def masked_loss(logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Compute the weighted binary cross entropy over the known labels.

    Args:
        logits: (N, C) float.
        labels: (N, C) 1, 0, or -1 for unknown, which neither gains nor loses.
        weights: (2, C) of negative and of positive rows, by class, see ``class_weights``.

    Returns:
        Scalar: the sum over classes of their means; 0 where nothing is known.
    """
    factors = torch.where(labels > 0, weights[1], weights[0]) * (labels >= 0)
    loss = F.binary_cross_entropy_with_logits(
        logits, labels.clamp(min=0).to(logits.dtype), reduction="none"
    )
    return (loss * factors).sum()


def class_weights(labels: np.ndarray, *, max_balance: float = MAX_BALANCE) -> np.ndarray:
    """Return (2, C) weights of negative and positive rows; those of the rows of a class sum to 1.

    Both kinds count the same. A class without one of them has no weight: nothing can be learnt.

    Args:
        labels: (N, C) 1, 0, or -1 for unknown.
        max_balance: how many times as much a row of the rarer kind may count.

    >>> class_weights(np.array([[1], [0], [0], [-1]])).tolist()
    [[0.25], [0.5]]
    """
    counts = np.stack([(labels == kind).sum(axis=0) for kind in (NEGATIVE, POSITIVE)]).astype(float)
    weights = 1 / counts.clip(min=1)
    weights = np.minimum(weights, weights.min(axis=0) * max_balance)
    return np.where(
        (counts > 0).all(axis=0), weights / (weights * counts).sum(axis=0).clip(1e-9), 0
    )


def fit_linear(
    x: np.ndarray, labels: np.ndarray, *, decay: float, start: Linear | None = None
) -> Linear:
    """Fit a classifier of known labels: balanced cross entropy plus ``decay`` * weights squared.

    Args:
        x: (N, F) float64 normalised features.
        labels: (N, C) 1, 0, or -1 for unknown.
        decay: above 0.
        start: where to begin, such as the solution for another decay; None for 0.
    """
    count = labels.shape[1]
    zero = Linear(np.zeros((x.shape[1], count)), np.zeros(count))
    found = [torch.tensor(one, requires_grad=True) for one in start or zero]
    features, truth = torch.from_numpy(np.ascontiguousarray(x)), torch.from_numpy(labels)
    weights = torch.from_numpy(class_weights(labels))
    optimizer = torch.optim.LBFGS(found, max_iter=MAX_STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = masked_loss(features @ found[0] + found[1], truth, weights)
        value = value + decay * (found[0] ** 2).sum()
        value.backward()
        return value

    optimizer.step(loss)
    return Linear(*(one.detach().numpy() for one in found))


class Projection(NamedTuple):
    """Features in the few directions in which rows differ; linear classifiers stay the same.

    Attributes:
        x: (N, R) float64.
        directions: (F, R) float64 orthonormal columns.
    """

    x: np.ndarray
    directions: np.ndarray

    def whole(self, fitted: Linear) -> Linear:
        """Return the classifier of all features for one of the projected ones."""
        return Linear(self.directions @ fitted.weight, fitted.bias)


def project(x: np.ndarray) -> Projection:
    """Return the (N, F) float32 features in at most ``MAX_RANK`` directions.

    A classifier with a penalty on its squared weights has none in directions that no row has.
    """
    x = x.astype(np.float64)
    is_wide = x.shape[0] < x.shape[1]
    values, vectors = np.linalg.eigh(x @ x.T if is_wide else x.T @ x)
    kept = np.flatnonzero(values > MIN_ENERGY * max(float(values[-1]), 1e-12))[-MAX_RANK:]
    directions = vectors[:, kept]
    if is_wide:
        directions = x.T @ directions / np.sqrt(values[kept])
    return Projection(x @ directions, directions)
