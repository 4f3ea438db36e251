"""Channel-separated networks: ResNets over clips whose 3x3x3 convolutions keep the channels apart.

Tran et al., "Video Classification with Channel-Separated Convolutional Networks", ICCV 2019,
sections 3.2 and 4. Parameters are named as in mmaction2.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from torch import Tensor, nn

from stad.models.backbones.residual import ResidualBlock, conv_bn
from stad.models.backbones.stages import (
    BOTTLENECK_DEPTH,
    DEPTHS,
    NUM_STAGES,
    StagedNetwork,
)
from stad.registry import MODELS


class SeparatedBottleneck(ResidualBlock):
    """1x1x1, 3x3x3 within each channel, 1x1x1; a further 1x1x1 may precede the 3x3x3.

    Args:
        in_channels: channels of the input.
        channels: channels of the 3x3x3 convolution; the output has 4 times as many.
        stride: (time, height, width) of the 3x3x3 convolution.
        preserved: whether channels interact right before the 3x3x3 convolution, too.
        eps: added to the variance in batch norm.
        with_checkpoint: of ``ResidualBlock``.
    """

    expansion = 4

    def __init__(
        self,
        in_channels: int,
        channels: int,
        *,
        stride: Sequence[int],
        preserved: bool,
        eps: float,
        with_checkpoint: bool,
    ) -> None:
        out_channels = channels * self.expansion
        point = functools.partial(conv_bn, kernel=(1, 1, 1), eps=eps)
        shortcut = None
        if in_channels != out_channels:
            shortcut = point(in_channels, out_channels, stride=stride, relu=False)
        super().__init__(shortcut, None, with_checkpoint)
        self.out_channels = out_channels
        self.conv1 = point(in_channels, channels)
        separated = conv_bn(
            channels, channels, kernel=(3, 3, 3), stride=stride, groups=channels, eps=eps
        )
        interaction = [point(channels, channels, relu=False)] if preserved else []
        self.conv2 = nn.Sequential(*interaction, separated)
        self.conv3 = point(channels, out_channels, relu=False)

    def residual(self, x: Tensor) -> Tensor:
        """Run the convolutions."""
        return self.conv3(self.conv2(self.conv1(x)))


@MODELS.register_module()
class CSN(StagedNetwork):
    """Channel-separated ResNet, whose time is strided by 8 altogether.

    Args:
        depth: 50, 101 or 152.
        preserved: whether blocks preserve the interaction of channels (ip-CSN) by one more 1x1x1
            convolution, or reduce it (ir-CSN).
        spatial_strides: of each stage; the stem has 4 more. Detectors set the last one to 1, for a
            map of stride 16.
        temporal_strides: of each stage.
        eps: added to the variance in batch norm: 0.001 in mmaction2, 0.00001 in PyTorchVideo.
        frozen_stages: -1 trains all; 0 freezes the stem, k the stem and the first k stages.
        norm_eval: keep batch norm at its stored statistics while training.
        with_checkpoint: recompute activations in the backward pass, for memory; batch norm's
            running statistics take in each batch twice.
        init_cfg: mmengine's initialisation, for example from a checkpoint.
    """

    def __init__(
        self,
        depth: int = 152,
        *,
        preserved: bool = False,
        spatial_strides: Sequence[int] = (1, 2, 2, 2),
        temporal_strides: Sequence[int] = (1, 2, 2, 2),
        eps: float = 1e-3,
        frozen_stages: int = -1,
        norm_eval: bool = False,
        with_checkpoint: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(frozen_stages=frozen_stages, norm_eval=norm_eval, init_cfg=init_cfg)
        known = [one for one in DEPTHS if one >= BOTTLENECK_DEPTH]
        if depth not in known:
            raise ValueError(f"a CSN has depth {', '.join(map(str, known))}, got {depth}")
        self.eps = eps
        self.conv1 = conv_bn(3, 64, kernel=(3, 7, 7), stride=2, eps=eps)
        self.maxpool = nn.MaxPool3d((1, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1))
        in_channels = 64
        for i, num_blocks in enumerate(DEPTHS[depth]):
            first = (temporal_strides[i], spatial_strides[i], spatial_strides[i])
            blocks = []
            for j in range(num_blocks):
                block = SeparatedBottleneck(
                    in_channels,
                    64 * 2**i,
                    stride=first if j == 0 else (1, 1, 1),
                    preserved=preserved,
                    eps=eps,
                    with_checkpoint=with_checkpoint,
                )
                blocks.append(block)
                in_channels = block.out_channels
            self.add_module(f"layer{i + 1}", nn.Sequential(*blocks))
        self._freeze()

    def forward(self, clips: Tensor) -> tuple[Tensor]:
        """Return the features of clips.

        Args:
            clips: (N, 3, T, H, W) float, normalised.

        Returns:
            One map, (N, 2048, T/t, H/s, W/s), t the product of the strides in time, s 4 * that of
            the strides in space.
        """
        x = self.maxpool(self.conv1(clips))
        for i in range(NUM_STAGES):
            x = self.stage(i)(x)
        return (x,)
