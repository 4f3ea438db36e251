"""Let torch compute convolutions on a CPU in one way, whatever the batch and the threads are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

# Spatial dimensions of the functions that convolve.
CONVOLUTIONS: dict[Callable, int] = {
    F.conv2d: 2,
    F.conv3d: 3,
    torch.conv2d: 2,
    torch.conv3d: 3,
}
PerSide = int | Sequence[int]


class SteadyConvs(TorchFunctionMode):
    """Computes float32 convolutions on a CPU with oneDNN; a context of one thread.

    By itself, torch takes another library for small inputs, for single items and for one thread
    (``use_mkldnn`` in ATen/native/Convolution.cpp), and the last bits of the results are other
    ones. oneDNN takes about the same time. Everything else is computed as without this context,
    also while a network is exported.
    """

    def __torch_function__(
        self,
        func: Callable,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call a function of torch, or oneDNN in its place."""
        if func in CONVOLUTIONS:
            return _convolve(func, *args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def _convolve(
    func: Callable,
    inputs: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: PerSide = 1,
    padding: PerSide | str = 0,
    dilation: PerSide = 1,
    groups: int = 1,
) -> Tensor:
    sides = CONVOLUTIONS[func]
    if isinstance(padding, str) or not _can_use_onednn(inputs, weight, sides):
        return func(inputs, weight, bias, stride, padding, dilation, groups)
    return torch.mkldnn_convolution(
        inputs,
        weight,
        bias,
        _each(padding, sides),
        _each(stride, sides),
        _each(dilation, sides),
        groups,
    )


def _can_use_onednn(inputs: Tensor, weight: Tensor, sides: int) -> bool:
    is_plain = inputs.device.type == "cpu" and inputs.dtype == weight.dtype == torch.float32
    has_items = inputs.ndim == sides + 2 and inputs.numel() > 0
    # Neither a trace nor a gradient goes through that call.
    is_free = not (torch.is_grad_enabled() or torch.jit.is_tracing())  # pyright: ignore[reportPrivateImportUsage]
    return is_plain and has_items and is_free and torch.backends.mkldnn.is_available()


def _each(value: PerSide, sides: int) -> list[int]:
    return [value] * sides if isinstance(value, int) else list(value)
