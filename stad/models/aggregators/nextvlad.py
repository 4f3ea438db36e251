"""NeXtVLAD: a NetVLAD of expanded features in groups, with an attention for each group.

Lin et al., "NeXtVLAD: An Efficient Neural Network to Aggregate Frame-level Features for
Large-scale Video Classification", ECCV Workshops 2018, section 3.
"""

from __future__ import annotations

from torch import Tensor

from stad.models.aggregators.base import Aggregator, Clusters
from stad.models.aggregators.row_norm import RowNorm
from stad.models.aggregators.variants import MASKED, Variant, linear
from stad.registry import MODELS


@MODELS.register_module()
class NeXtVLAD(Aggregator):
    """Expands, divides into groups, and sums residuals over frames and groups alike.

    Args:
        channels: of a frame, C.
        clusters: number of clusters, K.
        groups: number of groups, G; it must divide ``expansion * channels``.
        expansion: by how much the features are widened first.
        variant: norms and initial weights.
    """

    def __init__(
        self,
        channels: int,
        clusters: int,
        *,
        groups: int = 8,
        expansion: int = 2,
        variant: Variant = MASKED,
    ) -> None:
        super().__init__()
        inner = expansion * channels
        self._padded_statistics = variant.padded_statistics
        self.expand = linear(channels, inner, variant)
        self.attend = linear(inner, groups, variant)
        self.clusters = Clusters(inner, clusters, groups=groups, variant=variant)
        self.width = self.clusters.features * clusters
        self.norm = RowNorm(self.width, variant)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Aggregate frames; (N, T, C) float and (N, T) bool -> (N, width)."""
        frames = self.expand(x)
        attention = self.attend(frames).sigmoid() * mask[..., None]
        vectors = self.clusters(frames, attention, mask)
        if self._padded_statistics:
            return self.norm(vectors)
        # A video without this modality teaches it nothing and gets nothing from it.
        present = mask.any(dim=1)
        return self.norm(vectors, present) * present[:, None]
