"""Pool maps in a way that every runtime can compute."""

from __future__ import annotations

import torch
from torch import Tensor


def average_cells(maps: Tensor, size: int) -> Tensor:
    """Average maps over ``size`` x ``size`` cells, as ``F.adaptive_avg_pool2d`` does.

    Written as two products of matrices, because ONNX has no such pooling of maps of any size.

    Args:
        maps: (N, C, H, W) float.
        size: cells per side.

    Returns:
        (N, C, size, size).

    >>> average_cells(torch.arange(9.0).reshape(1, 1, 3, 3), 2).flatten().tolist()
    [2.0, 3.0, 5.0, 6.0]
    """
    rows, columns = (_cell_weights(maps.shape[i], size, maps) for i in (2, 3))
    return rows @ maps @ columns.transpose(0, 1)


def _cell_weights(length: int, size: int, like: Tensor) -> Tensor:
    """Return (size, length) weights of the places in each cell; cells may overlap by a place."""
    places = torch.arange(length, device=like.device)
    cells = torch.arange(size, device=like.device)[:, None]
    starts, ends = cells * length // size, ((cells + 1) * length + size - 1) // size
    inside = (places >= starts) & (places < ends)
    return inside.to(like) / (ends - starts).to(like)
