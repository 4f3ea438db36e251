"""What training minimises: several labels per actor or clip (BCE, focal), or one (softmax)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmengine import dist
from torch import Tensor, nn

from stad.registry import MODELS


def multilabel_loss(
    logits: Tensor, labels: Tensor, *, focal_alpha: float = 1.0, focal_gamma: float = 0.0
) -> Tensor:
    """Binary cross entropy of each actor and class; with ``focal_gamma``, the focal loss.

    Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017, section 3; as mmaction2 has
    it, ``focal_alpha`` weighs both kinds of labels alike.

    Args:
        logits: (K, C) float.
        labels: (K, C) float, 0 or 1.

    Returns:
        (K, C) float: alpha * (1 - p) ** gamma * -log p, where p is the probability that the
        model gives to what is right.
    """
    loss = F.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    if focal_gamma:
        # loss is -log p. Where p is 1 the power has no derivative for gamma below 1.
        miss = (-torch.expm1(-loss)).clamp(min=torch.finfo(loss.dtype).eps)
        loss = loss * miss**focal_gamma
    return focal_alpha * loss


def global_mean(values: Tensor) -> Tensor:
    """The mean over the actors of all processes, so that few or many on one count equally.

    Args:
        values: (K,) float, those of this process; K may be 0.

    Returns:
        Scalar: the sum here, over the number of actors per process. The mean over processes,
        which is what distributed training takes of the gradients, is the mean over actors.
    """
    count = values.new_tensor(float(len(values)))
    if dist.get_world_size() > 1:
        dist.all_reduce(count, op="mean")
    return values.sum() / count.clamp(min=torch.finfo(values.dtype).tiny)


class _ActionLoss(nn.Module):
    """What both losses share: the weights of the classes."""

    def __init__(self, class_weights: Sequence[float] | None) -> None:
        super().__init__()
        weights = None
        if class_weights is not None:
            weights = torch.tensor(class_weights, dtype=torch.float32)
            if weights.ndim != 1 or not (weights >= 0).all() or not weights.any():
                raise ValueError(
                    f"class weights are numbers of 0 or more, not all 0, got {class_weights}"
                )
        # Not persistent: it is said by the config, and not learnt.
        self.register_buffer("class_weights", weights, persistent=False)

    def _check(self, logits: Tensor, labels: Tensor) -> None:
        if logits.shape != labels.shape:
            raise ValueError(
                f"one label per output: logits {tuple(logits.shape)}, labels {tuple(labels.shape)}"
            )
        if self.class_weights is not None and len(self.class_weights) != logits.shape[1]:
            raise ValueError(
                f"one weight per class: {len(self.class_weights)} weights, "
                f"{logits.shape[1]} classes"
            )


@MODELS.register_module()
class MultiLabelLoss(_ActionLoss):
    """For actors who can do several things at once.

    Args:
        focal_alpha, focal_gamma: see ``multilabel_loss``; gamma 0 is plain cross entropy.
        class_weights: a factor per class.
    """

    def __init__(
        self,
        *,
        focal_alpha: float = 1.0,
        focal_gamma: float = 0.0,
        class_weights: Sequence[float] | None = None,
    ) -> None:
        super().__init__(class_weights)
        if focal_alpha <= 0 or focal_gamma < 0:
            raise ValueError(
                f"focal_alpha is above 0 and focal_gamma not below, got {focal_alpha} "
                f"and {focal_gamma}"
            )
        self._focal_alpha, self._focal_gamma = focal_alpha, focal_gamma

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Mean over actors (of all processes) and classes; (K, C) both -> scalar."""
        self._check(logits, labels)
        loss = multilabel_loss(
            logits, labels, focal_alpha=self._focal_alpha, focal_gamma=self._focal_gamma
        )
        if self.class_weights is not None:
            loss = loss * self.class_weights
        return global_mean(loss.mean(dim=1))


@MODELS.register_module()
class SingleLabelLoss(_ActionLoss):
    """For actors or clips of exactly one class: softmax and cross entropy.

    Args:
        class_weights: a factor per class; an actor counts as much as its class.
        label_smoothing: the part of each label that all classes share, in [0, 1[ (Szegedy et
            al., "Rethinking the Inception Architecture", CVPR 2016, section 7).
    """

    def __init__(
        self, *, class_weights: Sequence[float] | None = None, label_smoothing: float = 0.0
    ) -> None:
        super().__init__(class_weights)
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label_smoothing is 0 or more and below 1, got {label_smoothing}")
        self._smoothing = label_smoothing

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Mean over the actors of all processes; (K, C) both, rows of sum 1 -> scalar."""
        self._check(logits, labels)
        labels = (1 - self._smoothing) * labels + self._smoothing / labels.shape[1]
        loss = -(labels * logits.log_softmax(dim=1))
        if self.class_weights is not None:
            loss = loss * self.class_weights
        return global_mean(loss.sum(dim=1))


@MODELS.register_module()
class PostureLoss(_ActionLoss):
    """For heads whose first classes exclude each other, as a person's postures do.

    Cross entropy among those, shared equally where an actor has several; an actor with none of
    them does not count there. Binary cross entropy for each of the others.

    Args:
        num_exclusive: how many classes exclude each other, the first ones.
        class_weights: a factor per class; an actor counts as much as its posture.
    """

    def __init__(self, num_exclusive: int, *, class_weights: Sequence[float] | None = None) -> None:
        super().__init__(class_weights)
        self._exclusive = num_exclusive

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Mean over actors (of all processes); (K, C) both -> scalar."""
        self._check(logits, labels)
        postures, others = labels[:, : self._exclusive], labels[:, self._exclusive :]
        shares = postures / postures.sum(dim=1, keepdim=True).clamp(min=1)
        weights = self.class_weights
        if weights is None:
            weights = logits.new_ones(logits.shape[1])
        loss = -(shares * weights[: self._exclusive]) * logits[:, : self._exclusive].log_softmax(1)
        loss = loss.sum(dim=1)
        if others.shape[1]:
            free = F.binary_cross_entropy_with_logits(
                logits[:, self._exclusive :], others, reduction="none"
            )
            loss = loss + (free * weights[self._exclusive :]).mean(dim=1)
        return global_mean(loss)
