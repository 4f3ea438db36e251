"""Mixup: training clips and their labels blended in pairs."""

from __future__ import annotations

import torch
from mmengine.model import BaseModule
from torch import Tensor

from stad.registry import MODELS


@MODELS.register_module()
class Mixup(BaseModule):
    """Blends every clip of a batch, and its labels, with another clip of the batch.

    Zhang et al., "mixup: Beyond Empirical Risk Minimization", ICLR 2018.

    Args:
        alpha: the ratio is drawn from Beta(alpha, alpha), once per batch; > 0.
    """

    def __init__(self, alpha: float = 0.2) -> None:
        super().__init__()
        if alpha <= 0:
            raise ValueError(f"alpha must be above 0, got {alpha}")
        self._alpha = alpha

    def forward(self, clips: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Blend clips (N, ...) float and labels (N, C) float32; the shapes stay.

        The choices come from torch's random numbers on the CPU.
        """
        ratio = torch.distributions.Beta(self._alpha, self._alpha).sample().item()
        other = torch.randperm(len(clips)).to(clips.device)
        return torch.lerp(clips[other], clips, ratio), torch.lerp(labels[other], labels, ratio)
