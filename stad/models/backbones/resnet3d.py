"""ResNet over clips: the SlowOnly backbone and either pathway of SlowFast."""

from __future__ import annotations

from collections.abc import Sequence

from mmcv.cnn import ConvModule
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from stad.models.backbones.stages import NUM_STAGES, StagedNetwork
from stad.models.gap_convs import close_gaps
from stad.registry import MODELS


def conv_bn(
    in_channels: int,
    out_channels: int,
    *,
    kernel: tuple[int, int, int],
    stride: tuple[int, int, int] = (1, 1, 1),
    dilation: int = 1,
    relu: bool = True,
) -> ConvModule:
    """Conv3d without bias, BatchNorm3d and, unless ``relu`` is False, ReLU.

    The padding keeps the size at stride 1. ``kernel`` and ``stride`` count (time, height,
    width); ``dilation`` is spatial. Parameters are named ``conv.*`` and ``bn.*``.
    """
    padding = (kernel[0] // 2, dilation * (kernel[1] // 2), dilation * (kernel[2] // 2))
    return close_gaps(
        ConvModule(
            in_channels,
            out_channels,
            kernel,
            stride=stride,
            padding=padding,
            dilation=(1, dilation, dilation),
            bias=False,
            conv_cfg={"type": "Conv3d"},
            norm_cfg={"type": "BN3d"},
            act_cfg={"type": "ReLU", "inplace": True} if relu else None,
        )
    )


class _Block(nn.Module):
    """What both residual blocks share: the shortcut, the sum and the checkpointing."""

    expansion = 1

    def __init__(self, shortcut: ConvModule | None, with_checkpoint: bool) -> None:
        super().__init__()
        self.downsample = shortcut
        self.relu = nn.ReLU(inplace=True)
        self._with_checkpoint = with_checkpoint

    def residual(self, x: Tensor) -> Tensor:
        """The branch of convolutions; each kind of block has its own."""
        raise NotImplementedError

    def _sum(self, x: Tensor) -> Tensor:
        identity = x if self.downsample is None else self.downsample(x)
        return self.residual(x) + identity

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, T, H, W) -> (N, C', T, H', W') float."""
        if self._with_checkpoint and x.requires_grad:
            return self.relu(checkpoint(self._sum, x, use_reentrant=False))
        return self.relu(self._sum(x))


class Bottleneck3d(_Block):
    """1x1, 3x3, 1x1 (He et al. 2016, figure 5); inflated, the first one is 3x1x1 in time."""

    expansion = 4

    def __init__(
        self,
        in_channels: int,
        channels: int,
        *,
        stride: int,
        dilation: int,
        inflate: bool,
        shortcut: ConvModule | None,
        with_checkpoint: bool,
    ) -> None:
        super().__init__(shortcut, with_checkpoint)
        self.conv1 = conv_bn(in_channels, channels, kernel=(3 if inflate else 1, 1, 1))
        self.conv2 = conv_bn(
            channels, channels, kernel=(1, 3, 3), stride=(1, stride, stride), dilation=dilation
        )
        self.conv3 = conv_bn(channels, channels * self.expansion, kernel=(1, 1, 1), relu=False)

    def residual(self, x: Tensor) -> Tensor:
        """(N, C, T, H, W) -> (N, 4 * channels, T, H', W')."""
        return self.conv3(self.conv2(self.conv1(x)))


class BasicBlock3d(_Block):
    """3x3, 3x3 (He et al. 2016, figure 5); inflated, both are 3x3x3."""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        *,
        stride: int,
        dilation: int,
        inflate: bool,
        shortcut: ConvModule | None,
        with_checkpoint: bool,
    ) -> None:
        super().__init__(shortcut, with_checkpoint)
        kernel = (3 if inflate else 1, 3, 3)
        self.conv1 = conv_bn(
            in_channels, channels, kernel=kernel, stride=(1, stride, stride), dilation=dilation
        )
        self.conv2 = conv_bn(channels, channels, kernel=kernel, relu=False)

    def residual(self, x: Tensor) -> Tensor:
        """(N, C, T, H, W) -> (N, channels, T, H', W')."""
        return self.conv2(self.conv1(x))


DEPTHS: dict[int, tuple[type[_Block], tuple[int, ...]]] = {
    18: (BasicBlock3d, (2, 2, 2, 2)),
    34: (BasicBlock3d, (3, 4, 6, 3)),
    50: (Bottleneck3d, (3, 4, 6, 3)),
    101: (Bottleneck3d, (3, 4, 23, 3)),
    152: (Bottleneck3d, (3, 8, 36, 3)),
}


@MODELS.register_module()
class ResNet3d(StagedNetwork):
    """ResNet with kernels inflated in time where asked for; time is never strided.

    With the defaults it is the Slow pathway alone (Feichtenhofer et al. 2019, table 1);
    detectors set the last spatial stride to 1, for maps of stride 16.

    Args:
        depth: 18, 34, 50, 101 or 152.
        in_channels: channels of the clip.
        base_channels: outputs of the stem; the stages have 1, 2, 4, 8 times that, and four
            times more at depth 50 and above.
        lateral_channels: channels that another pathway adds to the input of each stage.
        conv1_kernel: (time, height, width) of the stem.
        inflate: per stage, whether its blocks look at neighbouring frames.
        spatial_strides, dilations: per stage.
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
        spatial_strides: Sequence[int] = (1, 2, 2, 2),
        dilations: Sequence[int] = (1, 1, 1, 1),
        frozen_stages: int = -1,
        norm_eval: bool = False,
        with_checkpoint: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(frozen_stages=frozen_stages, norm_eval=norm_eval, init_cfg=init_cfg)
        if depth not in DEPTHS:
            raise ValueError(f"a ResNet has depth {', '.join(map(str, DEPTHS))}, got {depth}")
        self._block, num_blocks = DEPTHS[depth]
        self.conv1 = conv_bn(
            in_channels, base_channels, kernel=tuple(conv1_kernel), stride=(1, 2, 2)
        )
        self.maxpool = nn.MaxPool3d((1, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1))
        widths = [base_channels * 2**i for i in range(NUM_STAGES)]
        # What enters each stage from the one before it.
        self.stage_inputs = [base_channels, *(self._block.expansion * w for w in widths[:-1])]
        for i in range(NUM_STAGES):
            stage = self._make_stage(
                self.stage_inputs[i] + lateral_channels[i],
                widths[i],
                num_blocks=num_blocks[i],
                stride=spatial_strides[i],
                dilation=dilations[i],
                inflate=bool(inflate[i]),
                with_checkpoint=with_checkpoint,
            )
            self.add_module(f"layer{i + 1}", stage)
        self._freeze()

    def _make_stage(
        self, in_channels: int, channels: int, *, num_blocks: int, stride: int, **options
    ) -> nn.Sequential:
        out_channels = channels * self._block.expansion
        shortcut = None
        if stride != 1 or in_channels != out_channels:
            shortcut = conv_bn(
                in_channels,
                out_channels,
                kernel=(1, 1, 1),
                stride=(1, stride, stride),
                relu=False,
            )
        blocks = [self._block(in_channels, channels, stride=stride, shortcut=shortcut, **options)]
        for _ in range(num_blocks - 1):
            blocks.append(self._block(out_channels, channels, stride=1, shortcut=None, **options))
        return nn.Sequential(*blocks)

    def stem(self, clips: Tensor) -> Tensor:
        """(N, C, T, H, W) float -> (N, base_channels, T, H/4, W/4)."""
        return self.maxpool(self.conv1(clips))

    def forward(self, clips: Tensor) -> tuple[Tensor]:
        """Features of clips.

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
