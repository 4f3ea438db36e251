"""NetVLAD: sums of residuals to learnt clusters.

Arandjelovic et al., "NetVLAD: CNN architecture for weakly supervised place recognition", CVPR 2016.
"""

from __future__ import annotations

from torch import Tensor

from stad.models.aggregators.base import Aggregator, Clusters
from stad.models.aggregators.row_norm import l2_normalised
from stad.models.aggregators.variants import MASKED, Variant
from stad.registry import MODELS


@MODELS.register_module()
class NetVLAD(Aggregator):
    """The residuals of each cluster, of length 1 each and then together.

    Args:
        channels: of a frame, C.
        clusters: number of clusters, K.
        variant: norms and initial weights.
    """

    def __init__(self, channels: int, clusters: int, *, variant: Variant = MASKED) -> None:
        super().__init__()
        self._variant = variant
        self.clusters = Clusters(channels, clusters, groups=1, variant=variant)
        self.width = channels * clusters

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Aggregate frames; (N, T, C) float and (N, T) bool -> (N, width)."""
        attention = mask[..., None].to(x.dtype)
        return l2_normalised(self.clusters(x, attention, mask), 1, self._variant)
