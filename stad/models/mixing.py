"""Mixup: training clips and their labels blended in pairs."""

from __future__ import annotations

import torch
from mmengine.model import BaseModule
from torch import Tensor

from stad.registry import MODELS


@MODELS.register_module()
class Mixup(BaseModule):
    """Blends every clip of a batch with another one of it, and the labels likewise.

    Zhang et al., "mixup: Beyond Empirical Risk Minimization", ICLR 2018.

    Args:
        alpha: the share is drawn from Beta(alpha, alpha), once per batch; > 0.
    """

    def __init__(self, alpha: float = 0.2) -> None:
        super().__init__()
        if alpha <= 0:
            raise ValueError(f"alpha is above 0, got {alpha}")
        self._alpha = alpha

    def forward(self, clips: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Clips (N, ...) float and labels (N, C) float32 -> the same, mixed.

        The choices are those of torch's random numbers on the CPU.
        """
        share = torch.distributions.Beta(self._alpha, self._alpha).sample().item()
        other = torch.randperm(len(clips)).to(clips.device)
        return torch.lerp(clips[other], clips, share), torch.lerp(labels[other], labels, share)
