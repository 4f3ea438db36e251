"""Train the early layers of a network with lower learning rates than the late ones.

Clark et al., "ELECTRA", ICLR 2020, appendix A; Bao et al., "BEiT", ICLR 2022, appendix.
"""

from __future__ import annotations

from typing import Any

from mmengine.optim import DefaultOptimWrapperConstructor, OptimWrapper
from torch import nn


class LayerDecay(DefaultOptimWrapperConstructor):
    """Builds mmengine's optimizer wrapper with a learning rate for each depth of the backbone.

    A tensor d layers before the head has the learning rate times ``layer_decay`` ** d. Biases,
    norms and other tensors of one dimension have no weight decay.

    Use it as ``constructor`` of ``optim_wrapper`` with ``paramwise_cfg=dict(layer_decay=0.75)``.
    The model's backbone has ``num_layers`` and ``depth_of``, see ``VideoViT``.
    """

    def _validate_cfg(self) -> None:
        super()._validate_cfg()
        decay = self.paramwise_cfg.get("layer_decay")
        if not isinstance(decay, int | float) or not 0 < decay <= 1:
            raise ValueError(f"layer_decay must be a number above 0, at most 1, got {decay!r}")

    def __call__(self, model: nn.Module) -> OptimWrapper:
        """Build the optimizer wrapper of a model.

        Raises:
            ValueError: it is not known how deep the tensors of its backbone are.
        """
        # Distributed training wraps the model.
        backbone = getattr(model, "module", model).backbone
        if not hasattr(backbone, "depth_of"):
            raise ValueError(
                "layer_decay needs a backbone whose layers are known, such as VideoViT, got "
                f"{type(backbone).__name__}"
            )
        return super().__call__(model)

    def add_params(self, params: list[dict], module: nn.Module, **unused: object) -> None:
        """Add the groups of a model to ``params``, the head's first: its rate is the one in logs.

        Args:
            params: groups so far; changed in place.
            module: the model.
            **unused: what mmengine's own constructor passes to itself.
        """
        backbone: Any = module.backbone
        decay = self.paramwise_cfg["layer_decay"]
        top = backbone.num_layers + 1
        groups: dict[tuple[int, bool], list[nn.Parameter]] = {}
        for name, weight in module.named_parameters():
            if weight.requires_grad:
                short = name.removeprefix("backbone.")
                depth = backbone.depth_of(short) if short != name else top
                groups.setdefault((top - depth, weight.ndim <= 1), []).append(weight)
        for (distance, is_plain), weights in sorted(groups.items(), key=lambda one: one[0]):
            group = {"params": weights, "lr": self.base_lr * decay**distance}
            params.append(group | ({"weight_decay": 0.0} if is_plain else {}))
