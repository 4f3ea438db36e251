"""Heads of taggers: the logits of every label from the vector of a video."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from stad.models.aggregators.variants import MASKED, Variant, linear
from stad.models.base import Head
from stad.registry import MODELS


class TagHead(Head):
    """A classifier of several labels, with a penalty on its own weights.

    Args:
        num_classes: outputs, exactly the labels.
        l2_penalty: factor of half the sum of the squares of the penalised weights, in the loss.
        init_cfg: mmengine's initialisation.
    """

    multilabel = True

    def __init__(self, num_classes: int, l2_penalty: float, init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.num_classes, self.l2_penalty = num_classes, l2_penalty

    def penalised(self) -> list[Tensor]:
        """Return the weights that the penalty is of."""
        raise NotImplementedError

    def penalty(self) -> Tensor:
        """Return the penalty, a scalar of the loss."""
        squares = torch.stack([one.float().square().sum() for one in self.penalised()])
        return self.l2_penalty / 2 * squares.sum()


@MODELS.register_module()
class LogisticTagHead(TagHead):
    """One logistic classifier per label.

    Args:
        in_channels: length of the vector.
        num_classes: outputs, exactly the labels.
        l2_penalty: see ``TagHead``; of the weights and the biases, as in the authors' code.
        variant: initial weights.
        init_cfg: mmengine's initialisation.
    """

    def __init__(
        self,
        in_channels: int,
        num_classes: int,
        *,
        l2_penalty: float = 1e-5,
        variant: Variant = MASKED,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(num_classes, l2_penalty, init_cfg)
        self.fc_cls = linear(in_channels, num_classes, variant)

    def penalised(self) -> list[Tensor]:
        """Return weights and biases."""
        return [self.fc_cls.weight, self.fc_cls.bias]

    def forward(self, vectors: Tensor) -> Tensor:
        """Return logits; (N, in_channels) -> (N, num_classes) float32."""
        return self.fc_cls(vectors).float()


@MODELS.register_module()
class MoETagHead(TagHead):
    """A mixture of logistic experts per label.

    Abu-El-Haija et al., "YouTube-8M: A Large-Scale Video Classification Benchmark", 2016, section
    4.2.3: a softmax over the experts of a label, and one more that always says no, weights them.

    Args:
        in_channels: length of the vector.
        num_classes: outputs, exactly the labels.
        mixtures: experts per label.
        l2_penalty: see ``TagHead``; of the two matrices, without the biases.
        variant: initial weights.
        init_cfg: mmengine's initialisation.
    """

    def __init__(
        self,
        in_channels: int,
        num_classes: int,
        *,
        mixtures: int = 4,
        l2_penalty: float = 1e-5,
        variant: Variant = MASKED,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(num_classes, l2_penalty, init_cfg)
        self._mixtures = mixtures
        self.fc_gates = linear(in_channels, num_classes * (mixtures + 1), variant, bias=False)
        self.fc_experts = linear(in_channels, num_classes * mixtures, variant)

    def penalised(self) -> list[Tensor]:
        """Return the matrices of gates and experts."""
        return [self.fc_gates.weight, self.fc_experts.weight]

    def forward(self, vectors: Tensor) -> Tensor:
        """Return the logits of the mixture's probabilities.

        Args:
            vectors: (N, in_channels) float.

        Returns:
            (N, num_classes) float32.
        """
        shape = (len(vectors), self.num_classes, -1)
        gates = self.fc_gates(vectors).float().reshape(shape).log_softmax(dim=-1)
        experts = self.fc_experts(vectors).float().reshape(shape)
        # The last gate's expert is never sure of the label.
        chosen, none = gates[..., : self._mixtures], gates[..., self._mixtures :]
        yes = (chosen + F.logsigmoid(experts)).logsumexp(dim=-1)
        no = torch.cat((chosen + F.logsigmoid(-experts), none), dim=-1).logsumexp(dim=-1)
        return yes - no
