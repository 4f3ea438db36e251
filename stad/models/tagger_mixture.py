"""A mixture of taggers, each of which learns from their common answer as they train."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from stad.models.aggregators.mean_pooling import masked_mean
from stad.models.aggregators.row_norm import RowNorm
from stad.models.aggregators.variants import linear, variant_of
from stad.models.base import Head
from stad.models.heads.tag_heads import TagHead
from stad.models.losses import global_mean
from stad.models.tag_network import TagNetwork
from stad.models.video_tagger import TaggingModel
from stad.registry import MODELS

EPSILON = 1e-8


def distillation_loss(mixed: Tensor, branches: Tensor, temperature: float) -> Tensor:
    """Return how far the branches are from their mixture, the mean over all videos.

    Args:
        mixed: (N, C) logits of the mixture.
        branches: (B, N, C) logits of the branches.
        temperature: what logits are divided by before the softmax over the labels.

    Returns:
        Scalar: the sum over branches of the divergence of Kullback and Leibler.
    """
    teacher = (mixed / temperature).softmax(dim=-1)
    students = (branches / temperature).softmax(dim=-1)
    ratio = torch.log(teacher + EPSILON) - torch.log(students + EPSILON)
    return global_mean((teacher * ratio).sum(dim=(0, 2)))


@MODELS.register_module()
class MixedVideoTagger(TaggingModel):
    """Several ``TagNetwork``s, mixed by what the mean frame of the video says.

    Lin et al., "NeXtVLAD", ECCV Workshops 2018, section 3.4: the branches train with the labels
    and with the answers of the mixture ("on-the-fly knowledge distillation").

    Args:
        branch: the settings of each branch: those of ``VideoTagger`` from ``modalities`` to
            ``dropout``.
        data_preprocessor: config of the ``FeaturePreprocessor``.
        num_branches: number of branches.
        temperature: see ``distillation_loss``.
        distillation_weight: factor of that loss.
        variant: as in ``VideoTagger``; with 'authors', padding counts in the mean frame as well.
        norm_momentum: as in ``VideoTagger``.
        loss: config of the loss; None for ``TagLoss``.
        init_cfg: mmengine's initialisation.
    """

    def __init__(
        self,
        branch: dict,
        *,
        data_preprocessor: dict | None = None,
        num_branches: int = 3,
        temperature: float = 3.0,
        distillation_weight: float = 9.0,
        variant: str = "masked",
        norm_momentum: float | None = None,
        loss: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        modalities = branch["modalities"]
        super().__init__(
            modalities, data_preprocessor=data_preprocessor, loss=loss, init_cfg=init_cfg
        )
        if temperature <= 0 or distillation_weight < 0:
            raise ValueError(
                "temperature must be above 0 and distillation_weight 0 or more, got "
                f"{temperature} and {distillation_weight}"
            )
        self._temperature, self._weight = temperature, distillation_weight
        chosen = variant_of(variant, norm_momentum=norm_momentum)
        self._padded_mean = chosen.padded_statistics
        self.branches = nn.ModuleList(
            TagNetwork(**branch, variant=chosen) for _ in range(num_branches)
        )
        self.mix_norm = RowNorm(sum(self.channels), chosen)
        self.mix = linear(sum(self.channels), num_branches, chosen)

    @property
    def heads(self) -> dict[str, Head]:
        """The head of the first branch by its name in the config, which all branches share."""
        return {"branch.head": self.tag_heads[0]}

    @property
    def tag_heads(self) -> list[TagHead]:
        """The heads of the branches, with their penalties."""
        return [cast(TagNetwork, one).head for one in self.branches]

    def score_frames(self, frames: Tensor, mask: Tensor) -> Tensor:
        """Return the logits of every label for every video; see ``TaggingModel``."""
        return self.mixed_logits(frames, mask)[0]

    def mixed_logits(self, frames: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits of the mixture, (N, C), and of B branches, (B, N, C), float32.

        Args:
            frames: as in ``score_frames``.
            mask: as in ``score_frames``.
        """
        self.check_frames(frames, mask)
        branches = torch.stack([one(frames, mask) for one in self.branches])
        if self._padded_mean:
            mean = frames.mean(dim=1)
        else:
            parts = frames.split(self.channels, dim=2)
            means = [masked_mean(one, mask[..., m]) for m, one in enumerate(parts)]
            mean = torch.cat(means, dim=1)
        weights = self.mix(self.mix_norm(mean)).softmax(dim=-1)
        return (weights.T[..., None] * branches).sum(dim=0), branches

    def training_losses(self, frames: Tensor, mask: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Return the losses of mixture, branches, distillation and heads; see ``TaggingModel``."""
        mixed, branches = self.mixed_logits(frames, mask)
        losses = {"loss": self.loss(mixed, labels)}
        losses |= {f"loss_branch{i}": self.loss(one, labels) for i, one in enumerate(branches)}
        if self._weight:
            distance = distillation_loss(mixed, branches, self._temperature)
            losses["loss_distillation"] = self._weight * distance
        if any(one.l2_penalty for one in self.tag_heads):
            losses["loss_l2"] = torch.stack([one.penalty() for one in self.tag_heads]).sum()
        return losses
