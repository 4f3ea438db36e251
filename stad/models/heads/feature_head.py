"""The head of features: one linear layer over normalised features, calibrated."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from stad.models.base import Head
from stad.registry import MODELS

# Normalised features beyond this many deviations count as that many.
LIMIT = 5.0


@MODELS.register_module()
class FeatureHead(Head):
    """Classifies vectors of features from several views.

    Features are normalised with stored statistics. Each view counts the same, however wide it is.
    The logits are scaled and moved per class (Platt, "Probabilistic outputs for support vector
    machines", 1999), so that a sigmoid gives calibrated probabilities.

    Args:
        widths: number of features by the name of the view, in the order of the features.
        num_classes: outputs.
        init_cfg: mmengine's initialisation.
    """

    multilabel = True
    mean: Tensor
    scale: Tensor
    balance: Tensor
    platt_scale: Tensor
    platt_bias: Tensor

    def __init__(
        self, widths: Mapping[str, int], num_classes: int, *, init_cfg: dict | None = None
    ) -> None:
        super().__init__(init_cfg)
        self.widths, self.num_classes = dict(widths), num_classes
        total = sum(widths.values())
        balance = [
            torch.full((width,), (total / len(widths) / width) ** 0.5) for width in widths.values()
        ]
        self.register_buffer("mean", torch.zeros(total))
        self.register_buffer("scale", torch.ones(total))
        self.register_buffer("balance", torch.cat(balance), persistent=False)
        self.register_buffer("platt_scale", torch.ones(num_classes))
        self.register_buffer("platt_bias", torch.zeros(num_classes))
        self.fc_cls = nn.Linear(total, num_classes)

    @torch.no_grad()
    def set_statistics(self, mean: Tensor, deviation: Tensor) -> None:
        """Normalise features by these from now on, (F,) both; deviations are above 0."""
        self.mean.copy_(mean)
        self.scale.copy_(1 / deviation)

    @torch.no_grad()
    def set_weights(self, weight: Tensor, bias: Tensor) -> None:
        """Classify by these from now on, (num_classes, F) and (num_classes,)."""
        self.fc_cls.weight.copy_(weight)
        self.fc_cls.bias.copy_(bias)

    @torch.no_grad()
    def calibrate(self, scale: Tensor, bias: Tensor) -> None:
        """Turn logits z into scale * z + bias from now on, (num_classes,) both."""
        self.platt_scale.copy_(scale)
        self.platt_bias.copy_(bias)

    def normalise(self, features: Tensor) -> Tensor:
        """Return normalised features, (K, F) float32."""
        found = (features.to(self.mean) - self.mean) * self.scale
        return found.clamp(-LIMIT, LIMIT) * self.balance

    def raw_logits(self, features: Tensor) -> Tensor:
        """Return the logits before calibration, (K, F) -> (K, num_classes)."""
        return self.fc_cls(self.normalise(features))

    def forward(self, features: Tensor) -> Tensor:
        """Return the calibrated logits, (K, F) -> (K, num_classes) float32."""
        return (self.raw_logits(features) * self.platt_scale + self.platt_bias).float()
