"""The network of a tagger: an aggregator per modality, a hidden layer, context gating, a head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from stad.models.aggregators.base import Aggregator
from stad.models.aggregators.gating import ContextGating
from stad.models.aggregators.row_norm import RowNorm
from stad.models.aggregators.variants import Variant, linear
from stad.models.heads.tag_heads import TagHead
from stad.registry import MODELS


class TagNetwork(nn.Module):
    """From the features of frames to the logits of labels.

    Lin et al., "NeXtVLAD", ECCV Workshops 2018, figure 4: the vectors of the modalities side by
    side, drop-out, a linear layer with batch norm and without ReLU, context gating, a classifier.

    Args:
        modalities: as in ``VideoTagger``.
        head: config of the head, without its number of inputs.
        hidden: width of the hidden layer; None for none, which leaves out the gating as well.
        gating_reduction: see ``ContextGating``.
        dropout: probability in training, of the vectors of the modalities.
        variant: norms and initial weights.
    """

    def __init__(
        self,
        modalities: Sequence[dict],
        head: dict,
        *,
        hidden: int | None,
        gating_reduction: int | None,
        dropout: float,
        variant: Variant,
    ) -> None:
        super().__init__()
        self.channels = [one["channels"] for one in modalities]
        built = {
            one["name"]: MODELS.build(
                {**one["aggregator"], "channels": one["channels"], "variant": variant}
            )
            for one in modalities
        }
        if len(built) != len(modalities):
            names = [one["name"] for one in modalities]
            raise ValueError(f"each modality needs a name of its own, got {', '.join(names)}")
        self.aggregators = nn.ModuleDict(built)
        width = sum(one.width for one in built.values())
        self.dropout = nn.Dropout(dropout)
        self.hidden = self.gating = None
        if hidden is not None:
            self.hidden = linear(width, hidden, variant, bias=False)
            self.hidden_norm = RowNorm(hidden, variant)
            self.gating = ContextGating(hidden, reduction=gating_reduction, variant=variant)
            width = hidden
        self.head: TagHead = MODELS.build({**head, "in_channels": width, "variant": variant})

    def forward(self, frames: Tensor, mask: Tensor) -> Tensor:
        """Return the logits of every label.

        Args:
            frames: (N, T, D) float.
            mask: (N, T, M) bool.

        Returns:
            (N, num_classes) float32.
        """
        vectors = self.dropout(self.vectors(frames, mask))
        if self.hidden is not None and self.gating is not None:
            vectors = self.gating(self.hidden_norm(self.hidden(vectors)))
        return self.head(vectors)

    def vectors(self, frames: Tensor, mask: Tensor) -> Tensor:
        """Return the vectors of the modalities side by side, (N, the sum of their widths)."""
        parts = frames.split(self.channels, dim=2)
        aggregators = [cast(Aggregator, one) for one in self.aggregators.values()]
        return torch.cat(
            [
                aggregator(part, mask[..., place])
                for place, (aggregator, part) in enumerate(zip(aggregators, parts, strict=True))
            ],
            dim=1,
        )
