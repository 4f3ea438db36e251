"""Let torch compute products on a CPU in one way, whatever the batch and the threads are."""

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
# With more rows, the library that torch takes by itself gives the same for each number of threads.
MAX_ROWS = 64
PerSide = int | Sequence[int]


class SteadyProducts(TorchFunctionMode):
    """Computes float32 convolutions and small linear layers with oneDNN; a context of one thread.

    By itself, torch takes another library for small inputs, for single items and for one thread
    (``use_mkldnn`` in ATen/native/Convolution.cpp), and the last bits of the results are other
    ones. oneDNN takes about the same time. In a linear layer of a few rows, such as a head has
    them, MKL shares out the sums by the threads on some processors, and oneDNN's matrix products
    on others; its convolutions never do. Everything else is computed as without this context, also
    while a network is exported.
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
        if func is F.linear:
            return _apply_linear(*args, **(kwargs or {}))
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
    if isinstance(padding, str) or inputs.ndim != sides + 2 or not _can_use_onednn(inputs, weight):
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


def _apply_linear(inputs: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    num_rows = inputs.shape[:-1].numel()
    if num_rows > MAX_ROWS or not _can_use_onednn(inputs, weight):
        return F.linear(inputs, weight, bias)
    # As a convolution of images of one pixel.
    rows = inputs.reshape(num_rows, -1, 1, 1)
    outputs = torch.mkldnn_convolution(
        rows, weight[:, :, None, None], bias, [0, 0], [1, 1], [1, 1], 1
    )
    return outputs.reshape(*inputs.shape[:-1], len(weight))


def _can_use_onednn(inputs: Tensor, weight: Tensor) -> bool:
    is_plain = inputs.device.type == "cpu" and inputs.dtype == weight.dtype == torch.float32
    # Neither a trace nor a gradient goes through that call.
    is_free = not (torch.is_grad_enabled() or torch.jit.is_tracing())  # pyright: ignore[reportPrivateImportUsage]
    return is_plain and inputs.numel() > 0 and is_free and torch.backends.mkldnn.is_available()


def _each(value: PerSide, sides: int) -> list[int]:
    return [value] * sides if isinstance(value, int) else list(value)
