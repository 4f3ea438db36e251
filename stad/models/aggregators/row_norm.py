"""Batch norm over rows of channels, where rows beyond the end of a video do not count."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stad.models.aggregators.variants import Variant


class RowNorm(nn.BatchNorm1d):
    """Batch norm whose statistics leave out the rows that a mask leaves out.

    Args:
        channels: of a row.
        variant: gives epsilon and momentum.
    """

    def __init__(self, channels: int, variant: Variant) -> None:
        super().__init__(channels, eps=variant.norm_eps, momentum=variant.norm_momentum)

    def forward(self, rows: Tensor, mask: Tensor | None = None) -> Tensor:
        """Normalise each channel.

        Args:
            rows: (..., C) float.
            mask: (...) bool, True where a row counts; None if all do.

        Returns:
            (..., C). In training, rows that do not count are 0. In evaluation the running
            statistics normalise all rows alike.
        """
        if not self.training:
            return self._by_running(rows)
        kept = rows.reshape(-1, rows.shape[-1]) if mask is None else rows[mask]
        # One row has no variance. Its channels, or none, still take part in the gradient.
        normed = super().forward(kept) if len(kept) > 1 else self._by_running(kept)
        if mask is None:
            return normed.reshape(rows.shape)
        return torch.zeros_like(rows, dtype=normed.dtype).masked_scatter(mask[..., None], normed)

    def _by_running(self, rows: Tensor) -> Tensor:
        mean, variance = self.get_buffer("running_mean"), self.get_buffer("running_var")
        scale = self.weight * torch.rsqrt(variance + self.eps)
        return rows * scale + (self.bias - mean * scale)


def l2_normalised(x: Tensor, dim: int, variant: Variant) -> Tensor:
    """Divide vectors by their lengths.

    Args:
        x: (...) float.
        dim: the dimension of the vectors.
        variant: see ``Variant.l2_floor``.
    """
    squares = x.square().sum(dim, keepdim=True)
    squares = squares + 1e-12 if variant.l2_floor == "sum" else squares.clamp(min=1e-12)
    return x * squares.rsqrt()
