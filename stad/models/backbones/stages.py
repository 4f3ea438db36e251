"""The common part of ResNets over frames and over clips: a stem and four stages that can freeze."""

from __future__ import annotations

from typing import Self

from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

NUM_STAGES = 4
# Blocks of each stage. From depth 50 on they are bottlenecks, below basic blocks.
DEPTHS = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
BOTTLENECK_DEPTH = 50


def check_depth(depth: int) -> None:
    """Raise ValueError unless there is a ResNet of this depth."""
    if depth not in DEPTHS:
        raise ValueError(f"a ResNet has depth {', '.join(map(str, DEPTHS))}, got {depth}")


class StagedNetwork(BaseModule):
    """A stem ``conv1`` and the stages ``layer1`` to ``layer4``, which subclasses add.

    Subclasses with another stem override ``stem_modules``.

    Args:
        frozen_stages: -1 trains all; 0 freezes the stem, k the stem and the first k stages.
        norm_eval: keep batch norm at its stored statistics while training.
        init_cfg: mmengine's initialisation, for example from a checkpoint.
    """

    conv1: ConvModule

    def __init__(
        self, *, frozen_stages: int = -1, norm_eval: bool = False, init_cfg: dict | None = None
    ) -> None:
        super().__init__(init_cfg)
        self._frozen_stages, self._norm_eval = frozen_stages, norm_eval

    def stage(self, index: int) -> nn.Sequential:
        """Return the stage with this index, 0 to 3."""
        return getattr(self, f"layer{index + 1}")

    def frozen_modules(self) -> list[nn.Module]:
        """Return the modules that ``frozen_stages`` freezes."""
        if self._frozen_stages < 0:
            return []
        return [*self.stem_modules(), *(self.stage(i) for i in range(self._frozen_stages))]

    def stem_modules(self) -> list[nn.Module]:
        """Return the modules with weights before the first stage."""
        return [self.conv1]

    def _freeze(self) -> None:
        for module in self.frozen_modules():
            module.requires_grad_(False)

    def train(self, mode: bool = True) -> Self:
        """Set the mode as torch does, but keep frozen parts in eval mode.

        With ``norm_eval`` batch norm stays in eval mode, too.
        """
        super().train(mode)
        if mode:
            for module in self.frozen_modules():
                module.eval()
            for module in self.modules():
                if self._norm_eval and isinstance(module, _BatchNorm):
                    module.eval()
        return self
