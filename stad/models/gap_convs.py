"""Convolutions whose stride exceeds their kernel, computed without the gaps between their windows.

Such a convolution leaves places of its input unread: the lateral of SlowFast reads 5 of every 8
frames, the shortcut of a ResNet one of every 2 x 2 places. On CPUs with AMX, oneDNN (as of torch
2.11) corrupts memory in one of them, in bfloat16: 128 to 256 channels, kernel 5, stride 8. Here the
places that are read are gathered first, so that the stride of the remaining convolution equals its
kernel. The results are the same to the last bit.
"""

from __future__ import annotations

from typing import TypeVar

import torch
import torch.nn.functional as F
from mmcv.cnn.bricks import wrappers
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

Network = TypeVar("Network", bound=nn.Module)
FUNCTIONS = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}


def window_spans(conv: _ConvNd) -> tuple[int, ...]:
    """Return how many places a window of a convolution covers in each dimension.

    >>> window_spans(nn.Conv2d(1, 1, (3, 1), dilation=2))
    (5, 1)
    """
    return tuple(d * (k - 1) + 1 for k, d in zip(conv.kernel_size, conv.dilation, strict=True))


def has_gap(module: nn.Module) -> bool:
    """Return whether a module is a convolution whose windows leave gaps between them.

    >>> has_gap(nn.Conv2d(1, 1, 1, stride=2)), has_gap(nn.Conv2d(1, 1, 3, stride=3))
    (True, False)
    """
    if not isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d):
        return False
    pairs = zip(module.stride, window_spans(module), strict=True)
    return any(stride > span for stride, span in pairs)


def gather_windows(x: Tensor, dim: int, *, span: int, stride: int, padding: int) -> Tensor:
    """Put the windows of a convolution one after the other, without the gaps between them.

    Args:
        x: (..., L, ...) of any type.
        dim: the dimension of length L, counted from the end (negative).
        span: number of places that a window covers.
        stride: from window to window, ``span`` or more.
        padding: zeros that the convolution puts on both ends.

    Returns:
        (..., n * span, ...) with n = (L + 2 * padding - span) // stride + 1, in the memory format
        of ``x``.

    >>> gather_windows(torch.arange(9), -1, span=2, stride=4, padding=1).tolist()
    [0, 0, 3, 4, 7, 8]
    """
    length = x.shape[dim]
    count = (length + 2 * padding - span) // stride + 1
    if span == 1:
        # A strided view: the shortcut of a ResNet has a window for each place of its output.
        x = F.pad(x, _both_ends(dim, padding, padding)) if padding else x
        return x[(..., slice(None, None, stride), *[slice(None)] * (-dim - 1))]
    windows = []
    for begin in range(-padding, count * stride - padding, stride):
        first, end = (min(max(place, 0), length) for place in (begin, begin + span))
        window = x.narrow(dim, first, end - first)
        if end - first < span:
            before = min(max(-begin, 0), span)
            window = F.pad(window, _both_ends(dim, before, span - before - (end - first)))
        windows.append(window)
    return torch.cat(windows, dim)


def _both_ends(dim: int, before: int, behind: int) -> list[int]:
    """Return what ``F.pad`` takes to put zeros on both ends of one dimension."""
    return [0, 0] * (-dim - 1) + [before, behind]


class _GapConv(_ConvNd):
    """Computes a convolution with gaps without them; parameters and options are torch's."""

    def forward(self, x: Tensor) -> Tensor:
        """Convolve (N, C, ...) to (N, C', ...), as torch does with the same options."""
        x, padding = self._padded(x)
        strides, num_dims = list(self.stride), len(self.stride)
        for i, span in enumerate(window_spans(self)):
            if strides[i] > span:
                x = gather_windows(
                    x, i - num_dims, span=span, stride=strides[i], padding=padding[i]
                )
                strides[i], padding[i] = span, 0
        convolve = FUNCTIONS[num_dims]
        return convolve(x, self.weight, self.bias, strides, padding, self.dilation, self.groups)

    def _padded(self, x: Tensor) -> tuple[Tensor, list[int]]:
        """Return the input, and the zeros still to be put on both ends of each dimension."""
        if isinstance(self.padding, str):
            # 'valid', as torch refuses 'same' with a stride.
            return x, [0] * len(self.stride)
        if self.padding_mode == "zeros":
            return x, list(self.padding)
        sides = [side for one in reversed(self.padding) for side in (one, one)]
        return F.pad(x, sides, mode=self.padding_mode), [0] * len(self.stride)


class GapConv1d(_GapConv, nn.Conv1d):
    """``nn.Conv1d`` for a stride that exceeds the kernel."""


class GapConv2d(_GapConv, nn.Conv2d):
    """``nn.Conv2d`` for a stride that exceeds the kernel."""


class GapConv3d(_GapConv, nn.Conv3d):
    """``nn.Conv3d`` for a stride that exceeds the kernel."""


GAP_CLASSES = {nn.Conv1d: GapConv1d, nn.Conv2d: GapConv2d, nn.Conv3d: GapConv3d}
# Only these compute what torch's classes compute; another subclass may do something else.
PLAIN_FORWARDS = [kind.forward for kind in (*GAP_CLASSES, wrappers.Conv2d, wrappers.Conv3d)]


def close_gaps(network: Network) -> Network:
    """Let every convolution of a network that has gaps compute without them, in place.

    Parameters, their names, options and hooks stay as they are, and so do subclasses of torch's
    convolutions with a ``forward`` of their own.

    Args:
        network: any module.

    Returns:
        The network.
    """
    for module in network.modules():
        if has_gap(module) and type(module).forward in PLAIN_FORWARDS:
            kind = next(kind for kind in GAP_CLASSES if isinstance(module, kind))
            module.__class__ = GAP_CLASSES[kind]
    return network
