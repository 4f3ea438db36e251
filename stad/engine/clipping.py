"""Clip the gradient of each weight by its own norm, as TensorFlow's ``clip_by_norm`` does.

mmengine's optimizer wrappers clip the norm of all gradients together.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from torch import Tensor, nn


def clip_each(parameters: Sequence[nn.Parameter], max_norm: float) -> Tensor:
    """Scale down, in place, each gradient whose norm is above a limit.

    Args:
        parameters: weights with gradients.
        max_norm: the limit, above 0.

    Returns:
        Scalar: the largest norm that a gradient had.
    """
    gradients = [one.grad for one in parameters if one.grad is not None]
    norms = torch.stack([torch.linalg.vector_norm(one) for one in gradients])
    scales = max_norm / norms.clamp(min=max_norm)
    for gradient, scale in zip(gradients, scales, strict=True):
        gradient.mul_(scale)
    return norms.max()


class _Clipping:
    """Gives a wrapper of mmengine this way of clipping."""

    def __init__(self, *args, each_norm: float, **kwargs) -> None:
        if each_norm <= 0:
            raise ValueError(f"each_norm must be above 0, got {each_norm}")
        kwargs["clip_grad"] = {"max_norm": each_norm}
        super().__init__(*args, **kwargs)
        self.clip_func = clip_each


class EachNormWrapper(_Clipping, OptimWrapper):
    """mmengine's optimizer wrapper with ``clip_each``.

    Args:
        *args: those of mmengine's.
        each_norm: the limit of the norm of each weight's gradient.
        **kwargs: those of mmengine's.
    """


class AmpEachNormWrapper(_Clipping, AmpOptimWrapper):
    """The same with mixed precision.

    Args:
        *args: those of mmengine's.
        each_norm: the limit of the norm of each weight's gradient.
        **kwargs: those of mmengine's.
    """
