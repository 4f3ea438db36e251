"""Losses for several labels per actor or clip (BCE, focal), for one (softmax), and for both."""

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
    """Compute the binary cross entropy of each actor and class, or the focal loss.

    Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017, section 3.

    Args:
        logits: (K, C) float.
        labels: (K, C) float, 0 or 1.
        focal_alpha: factor of both kinds of labels, as in mmaction2.
        focal_gamma: exponent of the focal loss; 0 is plain cross entropy.

    Returns:
        (K, C) float: alpha * (1 - p) ** gamma * -log p, where p is the probability that the
        model gives to the label.
    """
    loss = F.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    if focal_gamma:
        # loss is -log p. At p = 1 the power has no derivative for gamma below 1.
        miss = (-torch.expm1(-loss)).clamp(min=torch.finfo(loss.dtype).eps)
        loss = loss * miss**focal_gamma
    return focal_alpha * loss


def global_mean(values: Tensor) -> Tensor:
    """Return the mean over the actors of all processes: each actor counts the same.

    Args:
        values: (K,) float of this process; K may be 0.

    Returns:
        Scalar: the sum of this process, divided by the mean number of actors per process.
        Distributed training averages the gradients over the processes, which makes it the mean
        over all actors.
    """
    count = values.new_tensor(float(len(values)))
    if dist.get_world_size() > 1:
        dist.all_reduce(count, op="mean")
    return values.sum() / count.clamp(min=torch.finfo(values.dtype).tiny)


class _ActionLoss(nn.Module):
    """The base of the losses: the weights of the classes."""

    class_weights: Tensor | None

    def __init__(self, class_weights: Sequence[float] | None) -> None:
        super().__init__()
        weights = None
        if class_weights is not None:
            weights = torch.tensor(class_weights, dtype=torch.float32)
            if weights.ndim != 1 or not (weights >= 0).all() or not weights.any():
                raise ValueError(
                    f"class weights must be 0 or more and not all 0, got {class_weights}"
                )
        # Not persistent: checkpoints hold what is learnt, the config holds this.
        self.register_buffer("class_weights", weights, persistent=False)

    def _check(self, logits: Tensor, labels: Tensor) -> None:
        if logits.shape != labels.shape:
            raise ValueError(
                "each output needs one label, got logits "
                f"{tuple(logits.shape)} and labels {tuple(labels.shape)}"
            )
        if self.class_weights is not None and len(self.class_weights) != logits.shape[1]:
            raise ValueError(
                f"each class needs one weight, got {len(self.class_weights)} weights for "
                f"{logits.shape[1]} classes"
            )


@MODELS.register_module()
class MultiLabelLoss(_ActionLoss):
    """Binary cross entropy or focal loss, for actors who can do several things at once.

    Args:
        focal_alpha: factor of the loss, see ``multilabel_loss``.
        focal_gamma: exponent of the focal loss; 0 is plain cross entropy.
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
                f"focal_alpha must be above 0 and focal_gamma 0 or more, got {focal_alpha} "
                f"and {focal_gamma}"
            )
        self._focal_alpha, self._focal_gamma = focal_alpha, focal_gamma

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the mean over actors of all processes and classes; (K, C) both -> scalar."""
        self._check(logits, labels)
        loss = multilabel_loss(
            logits, labels, focal_alpha=self._focal_alpha, focal_gamma=self._focal_gamma
        )
        if self.class_weights is not None:
            loss = loss * self.class_weights
        return global_mean(loss.mean(dim=1))


@MODELS.register_module()
class TagLoss(_ActionLoss):
    """Binary cross entropy of the labels of a video, the sum over the labels.

    Args:
        epsilon: what is added to both probabilities before their logarithms, as YouTube-8M's
            code does; 0 takes the exact logarithms.
        class_weights: a factor per class.
    """

    def __init__(
        self, *, epsilon: float = 1e-8, class_weights: Sequence[float] | None = None
    ) -> None:
        super().__init__(class_weights)
        if epsilon < 0:
            raise ValueError(f"epsilon must be 0 or more, got {epsilon}")
        self._epsilon = epsilon

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the mean over the videos of all processes; (N, num_classes) both -> scalar."""
        self._check(logits, labels)
        if self._epsilon:
            scores = logits.float().sigmoid()
            yes, no = (scores + self._epsilon).log(), (1 - scores + self._epsilon).log()
            loss = -(labels * yes + (1 - labels) * no)
        else:
            loss = F.binary_cross_entropy_with_logits(logits, labels, reduction="none")
        if self.class_weights is not None:
            loss = loss * self.class_weights
        return global_mean(loss.sum(dim=1))


@MODELS.register_module()
class SingleLabelLoss(_ActionLoss):
    """Softmax and cross entropy, for actors or clips of exactly one class.

    Args:
        class_weights: a factor per class; an actor counts as much as its class.
        label_smoothing: fraction of each label that is spread over all classes, in [0, 1[
            (Szegedy et al., "Rethinking the Inception Architecture", CVPR 2016, section 7).
    """

    def __init__(
        self, *, class_weights: Sequence[float] | None = None, label_smoothing: float = 0.0
    ) -> None:
        super().__init__(class_weights)
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label_smoothing must be in [0, 1[, got {label_smoothing}")
        self._smoothing = label_smoothing

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the mean over actors of all processes; (K, C) both, label rows of sum 1."""
        self._check(logits, labels)
        labels = (1 - self._smoothing) * labels + self._smoothing / labels.shape[1]
        loss = -(labels * logits.log_softmax(dim=1))
        if self.class_weights is not None:
            loss = loss * self.class_weights
        return global_mean(loss.sum(dim=1))


@MODELS.register_module()
class PostureLoss(_ActionLoss):
    """The loss of heads whose first classes exclude each other, as a person's postures do.

    These take a cross entropy, divided equally if an actor has several of them; an actor with
    none does not count there. Each of the other classes takes a binary cross entropy. A negative
    label is unknown: its class neither gains nor loses.

    Args:
        num_exclusive: how many classes exclude each other, the first ones.
        class_weights: a factor per class; an actor counts as much as its posture.
        label_smoothing: fraction of each actor's posture that is spread over all that are known,
            in [0, 1[; it keeps a network from being too sure.
    """

    def __init__(
        self,
        num_exclusive: int,
        *,
        class_weights: Sequence[float] | None = None,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(class_weights)
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label_smoothing must be in [0, 1[, got {label_smoothing}")
        self._exclusive, self._smoothing = num_exclusive, label_smoothing

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the mean over actors of all processes; (K, C) both -> scalar."""
        self._check(logits, labels)
        known = labels >= 0
        labels = labels.clamp(min=0)
        postures, others = labels[:, : self._exclusive], labels[:, self._exclusive :]
        targets = postures / postures.sum(dim=1, keepdim=True).clamp(min=1)
        weights = self.class_weights
        if weights is None:
            weights = logits.new_ones(logits.shape[1])
        # A posture that may be true or not takes no part in the softmax.
        hidden = ~known[:, : self._exclusive]
        if self._smoothing:
            even = (~hidden).float() / (~hidden).sum(dim=1, keepdim=True).clamp(min=1)
            has_posture = targets.sum(dim=1, keepdim=True)
            targets = (1 - self._smoothing) * targets + self._smoothing * even * has_posture
        among = logits[:, : self._exclusive].masked_fill(hidden, torch.finfo(logits.dtype).min)
        loss = -(targets * weights[: self._exclusive]) * among.log_softmax(1)
        loss = loss.masked_fill(hidden, 0).sum(dim=1)
        if others.shape[1]:
            free = F.binary_cross_entropy_with_logits(
                logits[:, self._exclusive :], others, reduction="none"
            )
            free = free * known[:, self._exclusive :]
            loss = loss + (free * weights[self._exclusive :]).mean(dim=1)
        return global_mean(loss)
