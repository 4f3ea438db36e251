"""Residual blocks of ResNets, over frames and over clips alike.

He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, figure 5. Kernels are
(height, width) for maps of frames (N * T, C, H, W), and (time, height, width) for maps of clips
(N, C, T, H, W). Time is never strided.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mmcv.cnn import ConvModule
from torch import Tensor, nn

from stad.models.backbones.recompute import run_layer
from stad.models.gap_convs import close_gaps


def conv_bn(
    in_channels: int,
    out_channels: int,
    *,
    kernel: Sequence[int],
    stride: int | Sequence[int] = 1,
    dilation: int = 1,
    groups: int = 1,
    norm: bool = True,
    eps: float = 1e-5,
    relu: bool = True,
) -> ConvModule:
    """Build a convolution without bias, batch norm and, unless ``relu`` is False, ReLU.

    The padding keeps the size at stride 1. Parameters are named ``conv.*`` and ``bn.*``.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel: (height, width) over frames or (time, height, width) over clips.
        stride: in space, or one for each dimension of the kernel.
        dilation: in space.
        groups: of channels that the convolution keeps apart.
        norm: whether batch norm follows.
        eps: added to the variance in batch norm.
        relu: whether ReLU follows.
    """
    time = (1,) * (len(kernel) - 2)
    dilations = (*time, dilation, dilation)
    strides = (*time, stride, stride) if isinstance(stride, int) else tuple(stride)
    # mmcv's annotations know pairs of sizes only.
    options: dict[str, Any] = {
        "kernel_size": tuple(kernel),
        "stride": strides,
        "padding": tuple(d * (k // 2) for k, d in zip(kernel, dilations, strict=True)),
        "dilation": dilations,
        "groups": groups,
        "conv_cfg": {"type": f"Conv{len(kernel)}d"},
        "norm_cfg": {"type": f"BN{len(kernel)}d", "eps": eps} if norm else None,
        "act_cfg": {"type": "ReLU", "inplace": True} if relu else None,
    }
    return close_gaps(ConvModule(in_channels, out_channels, bias=False, **options))


class ResidualBlock(nn.Module):
    """The base of the blocks: the shortcut, the sum and the checkpointing.

    Args:
        shortcut: brings the input to the shape of the output; None adds the input as it is.
        non_local: follows the block; None for most blocks.
        with_checkpoint: recompute activations in the backward pass.
    """

    expansion = 1

    def __init__(
        self, shortcut: nn.Module | None, non_local: nn.Module | None, with_checkpoint: bool
    ) -> None:
        super().__init__()
        self.downsample = shortcut
        self.relu = nn.ReLU(inplace=True)
        self.non_local_block = non_local
        self._with_checkpoint = with_checkpoint

    def residual(self, x: Tensor) -> Tensor:
        """Run the branch of convolutions; each kind of block has its own."""
        raise NotImplementedError

    def run(self, x: Tensor) -> Tensor:
        """Run the block without checkpointing; see ``forward``."""
        identity = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.residual(x) + identity)
        return x if self.non_local_block is None else self.non_local_block(x)

    def forward(self, x: Tensor, *options: Any) -> Tensor:
        """Run the block over maps: the channels and the size in space change.

        Args:
            x: (N * T, C, H, W) or (N, C, T, H, W) float.
            options: further arguments of ``run``, for blocks that take some.
        """
        return run_layer(self.run, x, *options, with_checkpoint=self._with_checkpoint)


class Bottleneck(ResidualBlock):
    """1x1, 3x3, 1x1; the first kernel may cover several frames.

    Args:
        in_channels: channels of the input.
        channels: channels of the 3x3 convolution; the output has 4 times as many.
        time: () over frames; (size in time,) over clips.
        stride: in space, of the 3x3 convolution.
        dilation: in space, of the 3x3 convolution.
        shared: of ``ResidualBlock``.
    """

    expansion = 4

    def __init__(
        self,
        in_channels: int,
        channels: int,
        *,
        time: tuple[int, ...],
        stride: int,
        dilation: int,
        **shared: Any,
    ) -> None:
        super().__init__(**shared)
        one = (1,) * len(time)
        self.conv1 = conv_bn(in_channels, channels, kernel=(*time, 1, 1))
        self.conv2 = conv_bn(
            channels, channels, kernel=(*one, 3, 3), stride=stride, dilation=dilation
        )
        self.conv3 = conv_bn(channels, channels * self.expansion, kernel=(*one, 1, 1), relu=False)

    def residual(self, x: Tensor) -> Tensor:
        """Run the three convolutions."""
        return self.conv3(self.conv2(self.conv1(x)))


class BasicBlock(ResidualBlock):
    """3x3, 3x3; both kernels may cover several frames.

    Args:
        in_channels: channels of the input.
        channels: channels of the output.
        time: () over frames; (size in time,) over clips.
        stride: in space, of the first convolution.
        dilation: in space, of the first convolution.
        shared: of ``ResidualBlock``.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        *,
        time: tuple[int, ...],
        stride: int,
        dilation: int,
        **shared: Any,
    ) -> None:
        super().__init__(**shared)
        kernel = (*time, 3, 3)
        self.conv1 = conv_bn(in_channels, channels, kernel=kernel, stride=stride, dilation=dilation)
        self.conv2 = conv_bn(channels, channels, kernel=kernel, relu=False)

    def residual(self, x: Tensor) -> Tensor:
        """Run the two convolutions."""
        return self.conv2(self.conv1(x))


def make_stage(
    block: type[Bottleneck] | type[BasicBlock],
    in_channels: int,
    channels: int,
    *,
    num_blocks: int,
    time: tuple[int, ...],
    stride: int,
    temporal_blocks: int | None = None,
    non_local_blocks: Sequence[int] = (),
    make_non_local: Callable[[int], nn.Module] | None = None,
    **options: Any,
) -> nn.Sequential:
    """Build the blocks of one stage; the first one changes the size and the channels.

    Args:
        block: class of the blocks.
        in_channels: channels of the input.
        channels: width of the blocks; the output has ``block.expansion`` times as many channels.
        num_blocks: number of blocks.
        time: () over frames; (size in time,) over clips.
        stride: in space, of the first block.
        temporal_blocks: how many of the first blocks have that size in time, the others have 1;
            None for all.
        non_local_blocks: indices of the blocks that a non-local block follows.
        make_non_local: builds a non-local block for a number of channels.
        options: of every block.
    """
    blocks = []
    one = (1,) * len(time)
    for i in range(num_blocks):
        block_stride, out_channels = stride if i == 0 else 1, channels * block.expansion
        shortcut = non_local = None
        if block_stride != 1 or in_channels != out_channels:
            kernel = (*one, 1, 1)
            shortcut = conv_bn(in_channels, out_channels, kernel=kernel, stride=stride, relu=False)
        if make_non_local is not None and i in non_local_blocks:
            non_local = make_non_local(out_channels)
        shared = {"shortcut": shortcut, "non_local": non_local, **options}
        size = time if temporal_blocks is None or i < temporal_blocks else one
        blocks.append(block(in_channels, channels, time=size, stride=block_stride, **shared))
        in_channels = out_channels
    return nn.Sequential(*blocks)
