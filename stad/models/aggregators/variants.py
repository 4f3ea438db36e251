"""Name how versions of NeXtVLAD differ beside their sizes: padding, norms and initial weights.

The authors' is linrongc/youtube-8m, Paddle's is PaddlePaddle/models 1.8 (both Apache-2.0).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from torch import Tensor, nn


@dataclass(frozen=True)
class Variant:
    """The settings that all layers of a tagger share.

    Attributes:
        norm_eps: what batch norm adds to the variance.
        norm_momentum: by how much a step moves the running statistics, in ]0, 1].
        l2_floor: how a vector is divided by its length: 'max' takes sqrt(max(sum, 1e-12)), 'sum'
            sqrt(sum + 1e-12).
        init: of matrices. 'truncated': normal numbers of the deviation sqrt(2.6 / fan in), cut at
            two deviations; 'normal': of the deviation sqrt(2 / fan in), not cut.
        padded_statistics: whether frames beyond the end of a video count in the statistics of
            training, and in the mean frame of a mixture.
    """

    norm_eps: float = 1e-3
    norm_momentum: float = 1e-3
    l2_floor: Literal["max", "sum"] = "max"
    init: Literal["truncated", "normal"] = "truncated"
    padded_statistics: bool = False


# As the authors', but for padding, which changes nothing.
MASKED = Variant()
AUTHORS = Variant(padded_statistics=True)
PADDLE = Variant(norm_eps=1e-5, norm_momentum=0.1, l2_floor="sum", init="normal")
VARIANTS = {"masked": MASKED, "authors": AUTHORS, "paddle": PADDLE}


def variant_of(name: str, *, norm_momentum: float | None = None) -> Variant:
    """Return a variant by name, with another momentum if one is given.

    Args:
        name: one of ``VARIANTS``.
        norm_momentum: see ``Variant``; None for that of the variant.

    Raises:
        ValueError: there is no such variant, or the momentum is out of range.
    """
    if name not in VARIANTS:
        raise ValueError(f"variant must be one of {', '.join(VARIANTS)}, got {name!r}")
    if norm_momentum is None:
        norm_momentum = VARIANTS[name].norm_momentum
    if not 0 < norm_momentum <= 1:
        raise ValueError(f"norm_momentum must be above 0 and at most 1, got {norm_momentum}")
    return replace(VARIANTS[name], norm_momentum=norm_momentum)


def fill_matrix(weight: Tensor, fan_in: int, variant: Variant) -> None:
    """Fill a matrix with the random numbers of a variant, in place.

    Args:
        weight: any shape, float.
        fan_in: inputs per output.
        variant: see ``Variant.init``.
    """
    if variant.init == "normal":
        nn.init.normal_(weight, std=math.sqrt(2 / fan_in))
    else:
        std = math.sqrt(2.6 / fan_in)
        nn.init.trunc_normal_(weight, std=std, a=-2 * std, b=2 * std)


def linear(inputs: int, outputs: int, variant: Variant, *, bias: bool = True) -> nn.Linear:
    """Return a linear layer with the initial weights of a variant and biases of 0."""
    layer = nn.Linear(inputs, outputs, bias=bias)
    fill_matrix(layer.weight, inputs, variant)
    if bias:
        nn.init.zeros_(layer.bias)
    return layer
