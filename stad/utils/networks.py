"""Define networks that are ready to run on arrays, whatever library runs them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from stad.errors import InputError

if TYPE_CHECKING:
    from torch import nn


class Network(Protocol):
    """A network that is ready to run; several threads may call it at once."""

    def __call__(self, *inputs: np.ndarray) -> list[np.ndarray]:
        """Run the network.

        Args:
            inputs: contiguous arrays (N, ...); the N items do not depend on each other, and
                there may be none.

        Returns:
            The outputs in the network's order, (N, ...) each.
        """
        ...


class NetworkOpener(Protocol):
    """Opens networks in one library, on one device."""

    def __call__(self, network: nn.Module | Path, *, name: str, any_size: bool = False) -> Network:
        """Make a network ready to run.

        Args:
            network: a torch module in eval mode that takes float32 tensors and returns a tensor
                or a tuple of tensors, or the path of an ONNX file.
            name: the name that users read in messages.
            any_size: True if height and width of the input vary from call to call.

        Raises:
            InputError: the library cannot run such a network.
        """
        ...


def open_in_torch(network: nn.Module | Path, *, name: str, any_size: bool = False) -> Network:
    """Open a torch module in torch, the reference; see ``NetworkOpener``."""
    import torch

    from stad.utils.steady_products import SteadyProducts

    if isinstance(network, Path):
        raise InputError(
            f"{name} is an ONNX file, which torch cannot run. Run "
            "pip install openvino, or pip install onnxruntime, and leave out --runtime torch."
        )
    module = network.eval()
    weight = next(module.parameters(), None)
    device = "cpu" if weight is None else weight.device

    def run(*inputs: np.ndarray) -> list[np.ndarray]:
        with torch.inference_mode(), SteadyProducts():
            found = module(*(torch.from_numpy(one).to(device) for one in inputs))
        outputs = found if isinstance(found, (tuple, list)) else (found,)
        return [one.float().cpu().numpy() for one in outputs]

    return run


def is_installed(library: str) -> bool:
    """Return whether a package that runs networks is there, by its name for import."""
    try:
        return importlib.util.find_spec(library) is not None
    except (ImportError, ValueError):
        # Something stands in its place in sys.modules.
        return False
