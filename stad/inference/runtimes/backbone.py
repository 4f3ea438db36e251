"""Let a runtime compute the backbones of a model; its heads stay in torch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stad.inference.runtimes.converted import ConvertedNetwork, RuntimeOpener
from stad.inference.verdicts import Verdict
from stad.models.base import ActionModel, TrackBackbone
from stad.utils.networks import Network, NetworkOpener


class RuntimeBackbone(nn.Module):
    """A backbone that another library computes.

    Args:
        original: the backbone; its weights do not count as this module's.
        network: the same, converted.
    """

    def __init__(self, original: nn.Module, network: Network) -> None:
        super().__init__()
        self._original = (original,)
        self.network = network

    @property
    def original(self) -> nn.Module:
        """The backbone in torch."""
        return self._original[0]

    def forward(self, clips: Tensor) -> tuple[Tensor, ...]:
        """Turn clips (N, C, T, H, W) float32 into the backbone's maps, float32."""
        found = self.network(clips.contiguous().numpy())
        return tuple(map(torch.from_numpy, found))


def convert_backbones(model: ActionModel, opener: RuntimeOpener, *, name: str) -> None:
    """Replace the backbones of a model by converted ones, in place.

    Args:
        model: in eval mode, on the CPU, prepared for inference in float32.
        opener: the runtime and the precisions.
        name: of the model.
    """
    for attribute, backbone in model.backbones.items():
        if isinstance(backbone, TrackBackbone):
            # It opens its own network.
            continue
        network = ConvertedNetwork(backbone, opener, name=name, any_size=False)
        setattr(model, attribute, RuntimeBackbone(backbone, network))


def restore_backbones(model: ActionModel) -> None:
    """Undo ``convert_backbones``, in place."""
    for attribute, backbone in model.backbones.items():
        if isinstance(backbone, RuntimeBackbone):
            setattr(model, attribute, backbone.original)


def verdicts(model: ActionModel) -> list[Verdict]:
    """Return how the converted backbones of a model run, of those that have run."""
    backbones = [one for one in model.backbones.values() if isinstance(one, RuntimeBackbone)]
    networks = [one.network for one in backbones if isinstance(one.network, ConvertedNetwork)]
    return [one.verdict for one in networks if one.verdict is not None]


def open_networks(model: nn.Module, opener: NetworkOpener) -> None:
    """Let the parts of a model that open networks themselves open them in a runtime."""
    for part in model.modules():
        if isinstance(part, TrackBackbone):
            part.open_network = opener


def prepare_networks(model: nn.Module) -> None:
    """Let the parts of a model that open networks themselves do so now."""
    for part in model.modules():
        if isinstance(part, TrackBackbone):
            part.prepare()
