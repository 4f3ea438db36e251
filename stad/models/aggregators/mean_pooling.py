"""The mean over the frames of a video: what the others are compared with."""

from __future__ import annotations

from torch import Tensor

from stad.models.aggregators.base import Aggregator
from stad.models.aggregators.variants import MASKED, Variant
from stad.registry import MODELS


def masked_mean(x: Tensor, mask: Tensor) -> Tensor:
    """Return the mean over the frames of a video, 0 without frames.

    Args:
        x: (N, T, C) float.
        mask: (N, T) bool, True at the frames of the video.

    Returns:
        (N, C) float.
    """
    counts = mask.sum(dim=1, keepdim=True).clamp(min=1)
    return (x * mask[..., None]).sum(dim=1) / counts


@MODELS.register_module()
class MeanPooling(Aggregator):
    """The mean of the features over the frames; nothing is learnt.

    Args:
        channels: of a frame, C.
        variant: not used; all aggregators take it.
    """

    def __init__(self, channels: int, *, variant: Variant = MASKED) -> None:
        super().__init__()
        self.width = channels

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Aggregate frames; (N, T, C) float and (N, T) bool -> (N, C)."""
        return masked_mean(x, mask)
