"""Give a model the published files that its parts need."""

from __future__ import annotations

from functools import partial
from typing import TypeVar

from torch import nn

from stad.models.backbones.blazepose import BlazePose
from stad.zoo.catalog import BLAZEPOSE
from stad.zoo.files import fetch

Module = TypeVar("Module", bound=nn.Module)


def supply_files(model: Module) -> Module:
    """Let each part of the model that has no weights yet fetch the published ones on first use.

    Args:
        model: changed in place.

    Returns:
        The same model.
    """
    for module in model.modules():
        if isinstance(module, BlazePose) and module.weights is None:
            module.weights = partial(fetch, BLAZEPOSE)
    return model
