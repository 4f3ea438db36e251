"""Save memory in training: compute activations again in the backward pass instead of keeping them.

Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from torch import Tensor
from torch.utils.checkpoint import checkpoint

Result = TypeVar("Result")


def run_layer(
    layer: Callable[..., Result], x: Tensor, *options: Any, with_checkpoint: bool
) -> Result:
    """Run a layer over ``x``.

    Args:
        layer: the layer.
        x: its input.
        options: its further arguments.
        with_checkpoint: recompute its activations in the backward pass, if there is one.
    """
    if with_checkpoint and x.requires_grad:
        return cast(Result, checkpoint(layer, x, *options, use_reentrant=False))
    return layer(x, *options)
