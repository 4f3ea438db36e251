"""What ResNets over frames and over clips share: four stages after a stem, of which some freeze."""

from __future__ import annotations

from typing import Self

from mmengine.model import BaseModule
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

NUM_STAGES = 4


class StagedNetwork(BaseModule):
    """A stem ``conv1`` and the stages ``layer1`` to ``layer4``, which subclasses add.

    Args:
        frozen_stages: -1 trains all; 0 freezes the stem, k the stem and the first k stages.
        norm_eval: keep batch norm at its stored statistics while training.
        init_cfg: mmengine's initialisation, for example from a checkpoint.
    """

    def __init__(
        self, *, frozen_stages: int = -1, norm_eval: bool = False, init_cfg: dict | None = None
    ) -> None:
        super().__init__(init_cfg)
        self._frozen_stages, self._norm_eval = frozen_stages, norm_eval

    def stage(self, index: int) -> nn.Sequential:
        """The stage with this index, 0 to 3."""
        return getattr(self, f"layer{index + 1}")

    def frozen_modules(self) -> list[nn.Module]:
        """The modules that ``frozen_stages`` keeps as they are."""
        if self._frozen_stages < 0:
            return []
        return [self.conv1, *(self.stage(i) for i in range(self._frozen_stages))]

    def _freeze(self) -> None:
        for module in self.frozen_modules():
            module.requires_grad_(False)

    def train(self, mode: bool = True) -> Self:
        """As in torch, but frozen parts, and batch norm with ``norm_eval``, stay in eval mode."""
        super().train(mode)
        if mode:
            for module in self.frozen_modules():
                module.eval()
            for module in self.modules():
                if self._norm_eval and isinstance(module, _BatchNorm):
                    module.eval()
        return self
