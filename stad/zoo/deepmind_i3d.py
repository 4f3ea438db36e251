"""Convert the I3D checkpoint that DeepMind published to the names of stad."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor


def convert_deepmind_i3d(tree: Mapping, *, head: str = "head") -> dict[str, Tensor]:
    """Return the published I3D checkpoint as the state dict of a model of stad.

    'Mixed_3b' > 'Branch_0/Conv3d_0a_1x1' > 'Conv_0' > 'kernel' becomes
    'backbone.Mixed_3b.Branch_0.Conv3d_0a_1x1.conv.weight', and so on.

    Args:
        tree: 'params' and 'batch_stats', nested dicts of float32 arrays; kernels are
            (T, H, W, in, out), statistics (1, 1, 1, 1, C).
        head: 'head' for a ``Recognizer``, 'roi_head' for an ``ActionDetector``.

    Raises:
        ValueError: the tree has a leaf that I3D does not have.
    """
    state: dict[str, Tensor] = {}
    for group in ("params", "batch_stats"):
        for path, array in _leaves(tree[group]):
            *modules, layer, leaf = path
            name = ".".join(modules).replace("/", ".")
            if name == "Logits.Conv3d_0c_1x1":
                state.update(_convert_logits(leaf, array, head))
            else:
                state.update(_convert_leaf(f"backbone.{name}", layer, leaf, array))
    return state


def _leaves(tree: Mapping, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple, np.ndarray]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), np.asarray(value)


def _convert_logits(leaf: str, array: np.ndarray, head: str) -> dict[str, Tensor]:
    # A 1x1x1 convolution is a linear layer, and the mean over time commutes with it.
    if leaf == "kernel":
        weight = array.reshape(array.shape[-2:]).T
        return {f"{head}.fc_cls.weight": torch.tensor(weight).contiguous()}
    return {f"{head}.fc_cls.bias": torch.tensor(array)}


def _convert_leaf(name: str, layer: str, leaf: str, array: np.ndarray) -> dict[str, Tensor]:
    if (layer, leaf) == ("Conv_0", "kernel"):
        return {f"{name}.conv.weight": torch.tensor(array.transpose(4, 3, 0, 1, 2).copy())}
    names = {"bias": "bias", "mean": "running_mean", "var": "running_var"}
    if layer != "BatchNorm_0" or leaf not in names:
        raise ValueError(f"not a leaf of the published I3D: {name} {layer} {leaf}")
    values = torch.tensor(array.reshape(-1))
    converted = {f"{name}.bn.{names[leaf]}": values}
    if leaf == "bias":
        converted[f"{name}.bn.weight"] = torch.ones_like(values)
        converted[f"{name}.bn.num_batches_tracked"] = torch.tensor(0)
    return converted
