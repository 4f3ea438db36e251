"""Context gating: each channel of a vector is scaled by what the whole vector says."""

from __future__ import annotations

from torch import Tensor, nn

from stad.models.aggregators.row_norm import RowNorm
from stad.models.aggregators.variants import Variant, linear


class ContextGating(nn.Module):
    """Gates of the channels, through a bottleneck as in squeeze and excitation.

    Lin et al., "NeXtVLAD", ECCV Workshops 2018, section 3.3; without ``reduction``, Miech et al.,
    "Learnable pooling with Context Gating for video classification", 2017, section 3.3.

    Args:
        width: channels of the vector.
        reduction: by how much the bottleneck is narrower; None for one matrix without it.
        variant: norms and initial weights.
    """

    def __init__(self, width: int, *, reduction: int | None, variant: Variant) -> None:
        super().__init__()
        if reduction is not None and width % reduction:
            raise ValueError(f"gating_reduction must divide hidden, {width}, got {reduction}")
        inner = width // (reduction or 1)
        self.reduce = linear(width, inner, variant, bias=False)
        self.norm = RowNorm(inner, variant)
        self.expand = None if reduction is None else linear(inner, width, variant, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Scale the channels; (N, width) -> (N, width)."""
        gates = self.norm(self.reduce(x))
        if self.expand is not None:
            gates = self.expand(gates.relu())
        return x * gates.sigmoid()
