"""I3D: Inception-V1 inflated to clips, with the layout and the padding of DeepMind's network.

Carreira and Zisserman, "Quo Vadis, Action Recognition?", CVPR 2017, figure 3.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor, nn

from stad.registry import MODELS

# Outputs of each Inception module: branch 0; branch 1 (1x1, 3x3); branch 2 (1x1, 3x3); branch 3.
MIXED_CHANNELS = {
    "Mixed_3b": (64, 96, 128, 16, 32, 32),
    "Mixed_3c": (128, 128, 192, 32, 96, 64),
    "Mixed_4b": (192, 96, 208, 16, 48, 64),
    "Mixed_4c": (160, 112, 224, 24, 64, 64),
    "Mixed_4d": (128, 128, 256, 24, 64, 64),
    "Mixed_4e": (112, 144, 288, 32, 64, 64),
    "Mixed_4f": (256, 160, 320, 32, 128, 128),
    "Mixed_5b": (256, 160, 320, 32, 128, 128),
    "Mixed_5c": (384, 192, 384, 48, 128, 128),
}


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return the padding before and after that gives ceil(size / stride) outputs.

    It is TensorFlow's SAME.

    >>> same_padding(224, 7, 2), same_padding(7, 3, 2), same_padding(16, 3, 1)
    ((2, 3), (1, 1), (1, 1))
    """
    # Of positive numbers: another runtime may round the quotient of negative ones differently.
    total = max((size + stride - 1) // stride * stride - stride + kernel - size, 0)
    return total // 2, total - total // 2


def pad_same(
    x: Tensor, kernel: tuple[int, int, int], stride: tuple[int, int, int], *, value: float
) -> Tensor:
    """Pad time, height and width of (N, C, T, H, W) with ``value``, see ``same_padding``."""
    pads: list[int] = []
    for dim in (4, 3, 2):
        # Not a slice of the shape: a graph that is traced would keep its numbers.
        pads += same_padding(x.shape[dim], kernel[dim - 2], stride[dim - 2])
    # Sizes of a graph that is traced are tensors: no padding now may be some for another size.
    is_needed = any(isinstance(one, Tensor) or one for one in pads)
    return F.pad(x, pads, value=value) if is_needed else x


class SameMaxPool3d(nn.Module):
    """Max pooling with SAME padding; the padding is never the maximum.

    Args:
        kernel: (time, height, width).
        stride: (time, height, width).
    """

    def __init__(self, kernel: tuple[int, int, int], stride: tuple[int, int, int]) -> None:
        super().__init__()
        self._kernel, self._stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        """Pool (N, C, T, H, W) float; each size becomes ceil(size / stride)."""
        x = pad_same(x, self._kernel, self._stride, value=float("-inf"))
        return F.max_pool3d(x, self._kernel, self._stride)


class Unit3d(nn.Module):
    """Convolution with SAME padding, batch norm, ReLU.

    The original's batch norm has no scale: here it is a weight that starts at one.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        size: side of the cubic kernel.
        stride: the same in time, height and width.
    """

    def __init__(self, in_channels: int, out_channels: int, size: int, *, stride: int = 1) -> None:
        super().__init__()
        # At stride 1 the padding is symmetric and needs no copy of the input.
        self._stride, self._size = stride, size
        self.conv = nn.Conv3d(
            in_channels,
            out_channels,
            size,
            stride=stride,
            padding=size // 2 if stride == 1 else 0,
            bias=False,
        )
        self.bn = nn.BatchNorm3d(out_channels, eps=1e-3, momentum=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        """Run the unit: (N, C, T, H, W) float -> (N, C', T', H', W')."""
        if self._stride != 1:
            size, stride = self._size, self._stride
            x = pad_same(x, (size, size, size), (stride, stride, stride), value=0.0)
        return F.relu(self.bn(self.conv(x)), inplace=True)


class Mixed(nn.Module):
    """An Inception module: four branches, their outputs concatenated.

    Args:
        in_channels: channels of the input.
        channels: six numbers, see ``MIXED_CHANNELS``.
    """

    def __init__(self, in_channels: int, channels: tuple[int, ...]) -> None:
        super().__init__()
        c0, c1_in, c1, c2_in, c2, c3 = channels
        self.Branch_0 = _named(Conv3d_0a_1x1=Unit3d(in_channels, c0, 1))
        self.Branch_1 = _named(
            Conv3d_0a_1x1=Unit3d(in_channels, c1_in, 1), Conv3d_0b_3x3=Unit3d(c1_in, c1, 3)
        )
        self.Branch_2 = _named(
            Conv3d_0a_1x1=Unit3d(in_channels, c2_in, 1), Conv3d_0b_3x3=Unit3d(c2_in, c2, 3)
        )
        self.Branch_3 = _named(
            MaxPool3d_0a_3x3=SameMaxPool3d((3, 3, 3), (1, 1, 1)),
            Conv3d_0b_1x1=Unit3d(in_channels, c3, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Run the four branches: (N, C, T, H, W) float -> (N, C', T, H, W)."""
        return torch.cat([branch(x) for branch in self.children()], dim=1)


def _named(**modules: nn.Module) -> nn.Sequential:
    return nn.Sequential(OrderedDict(modules))


@MODELS.register_module()
class I3D(BaseModule):
    """The network up to 'Mixed_5c'; its modules carry DeepMind's names.

    Args:
        in_channels: 3 for RGB, 2 for optical flow.
        outputs: modules whose outputs are returned, in the order of the network; what comes after
            the last one is left out.
        frozen: train nothing in it, and keep its batch statistics.
        init_cfg: mmengine's initialisation.
    """

    def __init__(
        self,
        in_channels: int = 3,
        *,
        outputs: Sequence[str] = ("Mixed_5c",),
        frozen: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self._frozen, self._outputs = frozen, tuple(outputs)
        self.Conv3d_1a_7x7 = Unit3d(in_channels, 64, 7, stride=2)
        self.MaxPool3d_2a_3x3 = SameMaxPool3d((1, 3, 3), (1, 2, 2))
        self.Conv3d_2b_1x1 = Unit3d(64, 64, 1)
        self.Conv3d_2c_3x3 = Unit3d(64, 192, 3)
        self.MaxPool3d_3a_3x3 = SameMaxPool3d((1, 3, 3), (1, 2, 2))
        channels = self._add_mixed(192, "Mixed_3")
        self.MaxPool3d_4a_3x3 = SameMaxPool3d((3, 3, 3), (2, 2, 2))
        channels = self._add_mixed(channels, "Mixed_4")
        self.MaxPool3d_5a_2x2 = SameMaxPool3d((2, 2, 2), (2, 2, 2))
        self._add_mixed(channels, "Mixed_5")
        names = [name for name, _ in self.named_children()]
        if not outputs or not set(outputs) <= set(names):
            raise ValueError(f"outputs of I3D must be among {names}, got {list(outputs)}")
        for name in names[max(map(names.index, outputs)) + 1 :]:
            delattr(self, name)
        if frozen:
            self.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> I3D:
        """Set the mode as torch does, but keep a frozen network in eval mode."""
        return super().train(mode and not self._frozen)

    def _add_mixed(self, in_channels: int, prefix: str) -> int:
        for name, channels in MIXED_CHANNELS.items():
            if name.startswith(prefix):
                self.add_module(name, Mixed(in_channels, channels))
                in_channels = channels[0] + channels[2] + channels[4] + channels[5]
        return in_channels

    def forward(self, clips: Tensor) -> tuple[Tensor, ...]:
        """Return the features of clips.

        Args:
            clips: (N, C, T, H, W) float in [-1, 1].

        Returns:
            A map for each of ``outputs``; that of 'Mixed_5c' is (N, 1024, T/8, H/32, W/32), that
            of 'Mixed_4f' (N, 832, T/4, H/16, W/16), sizes rounded up.
        """
        x, found = clips, []
        for name, module in self.named_children():
            x = module(x)
            if name in self._outputs:
                found.append(x)
        return tuple(found)
