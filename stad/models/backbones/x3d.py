"""X3D: a slender ResNet over clips whose 3x3x3 convolutions keep the channels apart.

Feichtenhofer, "X3D: Expanding Architectures for Efficient Video Recognition", CVPR 2020, table 1
and section 3. Parameters are named as in mmaction2.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from stad.models.backbones.residual import ResidualBlock, conv_bn
from stad.models.backbones.stages import NUM_STAGES, StagedNetwork
from stad.registry import MODELS

# Blocks of each stage of XS, S and M, and of L.
MEDIUM_DEPTHS, LARGE_DEPTHS = (3, 5, 11, 7), (5, 10, 25, 15)
# Of the stem and the first stage; every further stage has twice as many.
BASE_CHANNELS = 24
# Channels inside a block, over those around it.
BOTTLENECK_FACTOR = 2.25
# Channels inside squeeze and excitation, over those around it: a multiple of 8.
SQUEEZE_FACTOR, SQUEEZE_MULTIPLE = 1 / 16, 8


def squeezed_width(channels: int) -> int:
    """Return the channels inside squeeze and excitation: a multiple of 8 near a sixteenth.

    >>> [squeezed_width(one) for one in (54, 108, 216, 432)]
    [8, 8, 16, 32]
    """
    wanted, unit = channels * SQUEEZE_FACTOR, SQUEEZE_MULTIPLE
    width = max(unit, int(wanted + unit / 2) // unit * unit)
    # Rounding takes off no more than a tenth.
    return width + unit if width < 0.9 * wanted else width


class SqueezeExcitation(nn.Module):
    """Weighs each channel by what all channels are on average.

    Hu et al., "Squeeze-and-Excitation Networks", CVPR 2018, section 3.

    Args:
        channels: of the input and the output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        width = squeezed_width(channels)
        self.fc1 = nn.Conv3d(channels, width, 1)
        self.fc2 = nn.Conv3d(width, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Weigh the channels of (N, C, T, H, W) float."""
        mean = x.mean(dim=(2, 3, 4), keepdim=True)
        return x * self.fc2(F.relu(self.fc1(mean))).sigmoid()


class X3DBlock(ResidualBlock):
    """1x1x1 to more channels, 3x3x3 within each channel, 1x1x1 back.

    Args:
        in_channels: channels of the input.
        channels: channels of the output.
        stride: in space, of the 3x3x3 convolution.
        squeeze: whether squeeze and excitation follows the 3x3x3 convolution.
        shortcut: of ``ResidualBlock``.
        with_checkpoint: of ``ResidualBlock``.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        *,
        stride: int,
        squeeze: bool,
        shortcut: nn.Module | None,
        with_checkpoint: bool,
    ) -> None:
        super().__init__(shortcut, None, with_checkpoint)
        inner = int(channels * BOTTLENECK_FACTOR)
        self.conv1 = conv_bn(in_channels, inner, kernel=(1, 1, 1))
        self.conv2 = conv_bn(
            inner, inner, kernel=(3, 3, 3), stride=stride, groups=inner, relu=False
        )
        self.se_module = SqueezeExcitation(inner) if squeeze else None
        self.conv3 = conv_bn(inner, channels, kernel=(1, 1, 1), relu=False)

    def residual(self, x: Tensor) -> Tensor:
        """Run the three convolutions."""
        x = self.conv2(self.conv1(x))
        if self.se_module is not None:
            x = self.se_module(x)
        # Swish.
        return self.conv3(F.silu(x))


def _make_block(
    in_channels: int, channels: int, *, stride: int, norm_shortcut: bool, **options: bool
) -> X3DBlock:
    """Build a block, with a convolution as its shortcut where the shape changes."""
    shortcut = None
    if stride != 1 or in_channels != channels:
        shortcut = conv_bn(
            in_channels,
            channels,
            kernel=(1, 1, 1),
            stride=stride,
            norm=norm_shortcut,
            relu=False,
        )
    return X3DBlock(in_channels, channels, stride=stride, shortcut=shortcut, **options)


@MODELS.register_module()
class X3D(StagedNetwork):
    """X3D up to the last map, which has 432 channels; time is never strided.

    Args:
        depths: blocks of each stage; ``MEDIUM_DEPTHS`` for XS, S and M, which differ in their
            clips only, ``LARGE_DEPTHS`` for L.
        spatial_strides: of each stage; the stem has 2 more. Detectors set the last one to 1, for a
            map of stride 16.
        norm_first_shortcut: whether batch norm follows the shortcut of the first stage, as in
            PySlowFast and mmaction2; PyTorchVideo has none there.
        frozen_stages: -1 trains all; 0 freezes the stem, k the stem and the first k stages.
        norm_eval: keep batch norm at its stored statistics while training.
        with_checkpoint: recompute activations in the backward pass, for memory; batch norm's
            running statistics take in each batch twice.
        init_cfg: mmengine's initialisation, for example from a checkpoint.
    """

    def __init__(
        self,
        *,
        depths: Sequence[int] = MEDIUM_DEPTHS,
        spatial_strides: Sequence[int] = (2, 2, 2, 2),
        norm_first_shortcut: bool = False,
        frozen_stages: int = -1,
        norm_eval: bool = False,
        with_checkpoint: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(frozen_stages=frozen_stages, norm_eval=norm_eval, init_cfg=init_cfg)
        self.conv1_s = conv_bn(3, BASE_CHANNELS, kernel=(1, 3, 3), stride=2, norm=False, relu=False)
        self.conv1_t = conv_bn(BASE_CHANNELS, BASE_CHANNELS, kernel=(5, 1, 1), groups=BASE_CHANNELS)
        in_channels = BASE_CHANNELS
        for i in range(NUM_STAGES):
            channels, blocks = BASE_CHANNELS * 2**i, []
            for j in range(depths[i]):
                block = _make_block(
                    in_channels,
                    channels,
                    stride=spatial_strides[i] if j == 0 else 1,
                    squeeze=j % 2 == 0,
                    norm_shortcut=in_channels != channels or norm_first_shortcut,
                    with_checkpoint=with_checkpoint,
                )
                blocks.append(block)
                in_channels = channels
            self.add_module(f"layer{i + 1}", nn.Sequential(*blocks))
        self.conv5 = conv_bn(in_channels, int(in_channels * BOTTLENECK_FACTOR), kernel=(1, 1, 1))
        self._freeze()

    def stem_modules(self) -> list[nn.Module]:
        """Return the convolution in space and the one in time."""
        return [self.conv1_s, self.conv1_t]

    def forward(self, clips: Tensor) -> tuple[Tensor]:
        """Return the features of clips.

        Args:
            clips: (N, 3, T, H, W) float, normalised.

        Returns:
            One map, (N, 432, T, H/s, W/s), s is 2 * the product of the strides.
        """
        x = self.conv1_t(self.conv1_s(clips))
        for i in range(NUM_STAGES):
            x = self.stage(i)(x)
        return (self.conv5(x),)
