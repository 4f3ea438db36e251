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
    norms = torch._foreach_norm(gradients)
    scales = [max_norm / norm.clamp(min=max_norm) for norm in norms]
    torch._foreach_mul_(gradients, scales)
    return torch.stack([one.to(norms[0].device) for one in norms]).max()


class _Clipping:
    """Gives a wrapper of mmengine this way of clipping."""

    def __init__(self, *args, each_norm: float, **kwargs) -> None:
        if each_norm <= 0:
            raise ValueError(f"each_norm must be above 0, got {each_norm}")
        super().__init__(*args, clip_grad={"max_norm": each_norm}, **kwargs)
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
