"""ResNet over clips: the SlowOnly backbone and either pathway of SlowFast."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from torch import Tensor, nn

from stad.models.backbones.non_local import NonLocal, check_non_local_mode
from stad.models.backbones.residual import BasicBlock, Bottleneck, conv_bn, make_stage
from stad.models.backbones.stages import (
    BOTTLENECK_DEPTH,
    DEPTHS,
    NUM_STAGES,
    StagedNetwork,
    check_depth,
)
from stad.registry import MODELS


@MODELS.register_module()
class ResNet3d(StagedNetwork):
    """ResNet with kernels inflated in time per stage; time is never strided.

    The defaults give the Slow pathway alone (Feichtenhofer et al. 2019, table 1); detectors set
    the last spatial stride to 1, for maps of stride 16.

    Args:
        depth: 18, 34, 50, 101 or 152.
        in_channels: channels of the clip.
        base_channels: outputs of the stem; the stages have 1, 2, 4, 8 times that, and four
            times more at depth 50 and above.
        lateral_channels: channels that another pathway adds to the input of each stage.
        conv1_kernel: (time, height, width) of the stem.
        inflate: per stage, whether its blocks see neighbouring frames: the first kernel of a
            bottleneck, both kernels of a basic block.
        temporal_blocks: per stage, how many of its first blocks do so if the stage does; None for
            all of them.
        non_local_blocks: per stage, the indices of the blocks that a non-local block follows.
        non_local_mode: how it compares two places, one of ``NON_LOCAL_MODES``.
        non_local_pool: ``pool`` of ``NonLocal``.
        spatial_strides: per stage.
        dilations: per stage, in space.
        frozen_stages: -1 trains all; 0 freezes the stem, k the stem and the first k stages.
        norm_eval: keep batch norm at its stored statistics while training.
        with_checkpoint: recompute activations in the backward pass, for memory; batch norm's
            running statistics take in each batch twice.
        init_cfg: mmengine's initialisation, for example from a checkpoint.
    """

    def __init__(
        self,
        depth: int = 50,
        *,
        in_channels: int = 3,
        base_channels: int = 64,
        lateral_channels: Sequence[int] = (0, 0, 0, 0),
        conv1_kernel: Sequence[int] = (1, 7, 7),
        inflate: Sequence[int] = (0, 0, 1, 1),
        temporal_blocks: Sequence[int | None] = (None, None, None, None),
        non_local_blocks: Sequence[Sequence[int]] = ((), (), (), ()),
        non_local_mode: str = "embedded_gaussian",
        non_local_pool: Sequence[int] | None = None,
        spatial_strides: Sequence[int] = (1, 2, 2, 2),
        dilations: Sequence[int] = (1, 1, 1, 1),
        frozen_stages: int = -1,
        norm_eval: bool = False,
        with_checkpoint: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(frozen_stages=frozen_stages, norm_eval=norm_eval, init_cfg=init_cfg)
        check_depth(depth)
        check_non_local_mode(non_local_mode)
        make_non_local = functools.partial(NonLocal, mode=non_local_mode, pool=non_local_pool)
        block = Bottleneck if depth >= BOTTLENECK_DEPTH else BasicBlock
        self.conv1 = conv_bn(in_channels, base_channels, kernel=conv1_kernel, stride=2)
        self.maxpool = nn.MaxPool3d((1, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1))
        widths = [base_channels * 2**i for i in range(NUM_STAGES)]
        # Channels that enter each stage from the one before it.
        self.stage_inputs = [base_channels, *(block.expansion * w for w in widths[:-1])]
        for i in range(NUM_STAGES):
            stage = make_stage(
                block,
                self.stage_inputs[i] + lateral_channels[i],
                widths[i],
                num_blocks=DEPTHS[depth][i],
                time=(3 if inflate[i] else 1,),
                stride=spatial_strides[i],
                temporal_blocks=temporal_blocks[i],
                non_local_blocks=non_local_blocks[i],
                make_non_local=make_non_local,
                dilation=dilations[i],
                with_checkpoint=with_checkpoint,
            )
            self.add_module(f"layer{i + 1}", stage)
        self._freeze()

    def stem(self, clips: Tensor) -> Tensor:
        """Run the stem: (N, C, T, H, W) float -> (N, base_channels, T, H/4, W/4)."""
        return self.maxpool(self.conv1(clips))

    def forward(self, clips: Tensor) -> tuple[Tensor]:
        """Return the features of clips.

        Args:
            clips: (N, C, T, H, W) float, normalised.

        Returns:
            One map, (N, C', T, H/s, W/s): C' is 2048 from depth 50 on, s is 4 * the product of
            the strides.
        """
        x = self.stem(clips)
        for i in range(NUM_STAGES):
            x = self.stage(i)(x)
        return (x,)
