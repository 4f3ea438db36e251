"""Map the tensors of published checkpoints to stad's models, with none left over or missing."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from stad.models.backbones.embeddings import resize_position_embedding, resize_time_embedding
from stad.zoo.author_names import fold_output_biases
from stad.zoo.class_rows import drop_background, last_layer
from stad.zoo.mismatch import check_mapped
from stad.zoo.network_names import choose_network, rename_openmmlab
from stad.zoo.tagger_names import convert_tagger
from stad.zoo.torchvision_names import (
    choose_torchvision,
    fit_for_start,
    share_attention,
    share_streams,
    widen_slow_inputs,
)
from stad.zoo.vit_names import join_biases


def map_keys(
    state: Mapping[str, Tensor],
    target: Mapping[str, Tensor | torch.Size],
    *,
    origin: str = "the checkpoint",
    fast_first: bool = False,
    background: bool | None = None,
) -> dict[str, Tensor]:
    """Return a state dict of stad or of another project under the names of ``target``.

    The other projects are mmaction2, PySlowFast, PyTorchVideo, torchvision, those of the authors of
    TimeSformer, TSM, Hiera, UMT, VideoMAE and NeXtVLAD, and PaddlePaddle's NeXtVLAD. A detector's
    background row is dropped, see ``stad.zoo.class_rows``.

    Args:
        state: names to tensors, as ``read_checkpoint`` gives them.
        target: the model's names, to its tensors or their shapes.
        origin: name of the checkpoint for an error, such as its path.
        fast_first: whether the model's clip head takes the fast pathway before the slow one, as
            mmaction2's do; columns of PySlowFast's and PyTorchVideo's heads are then swapped.
        background: whether the classifier of a detector has a background row, if the file says
            so, see ``stad.zoo.recorded``.

    Returns:
        Exactly the names of ``target``; batch counters that an older file lacks are zero.

    Raises:
        InputError: names are left over, missing, or of another shape; lists them.
    """
    shapes = {name: _shape(value) for name, value in target.items()}
    state = convert_tagger(_without_wrapper(state))
    mapped, leftover = _rename_all(
        state, shapes, fast_first=fast_first, background=background, fit=_fit
    )
    for name in shapes.keys() - mapped.keys():
        if name.endswith(".num_batches_tracked"):
            mapped[name] = torch.tensor(0)
    check_mapped(state, mapped, shapes, leftover, origin=origin, background=background)
    return mapped


def map_available(
    state: Mapping[str, Tensor],
    target: Mapping[str, Tensor | torch.Size],
    *,
    fast_first: bool = False,
    background: bool | None = None,
) -> tuple[dict[str, Tensor], list[str]]:
    """Return the tensors of a checkpoint that fit ``target``, to start training from.

    Arguments are those of ``map_keys``.

    Returns:
        The tensors of ``target`` that were found in the right shape, and the names in the
        checkpoint that were not used, such as a classifier of other classes. Weights of images are
        inflated if the model takes clips, given to both streams, and widened for laterals.
    """
    shapes = {name: _shape(value) for name, value in target.items()}
    state = convert_tagger(_without_wrapper(state))
    mapped, leftover = _rename_all(
        state, shapes, fast_first=fast_first, background=background, fit=_fit_start
    )
    for complete in (share_attention, share_streams, widen_slow_inputs):
        mapped = complete(mapped, shapes)
    reshaped = {name for name, value in mapped.items() if tuple(value.shape) != shapes[name]}
    # A bias can fit by chance although its weight does not.
    reshaped |= {name for name in mapped if re.sub(r"\.bias$", ".weight", name) in reshaped}
    dropped = [name for name in mapped if name in reshaped]
    return {name: mapped[name] for name in mapped if name not in reshaped}, leftover + dropped


def _rename_all(
    state: Mapping[str, Tensor],
    shapes: Mapping[str, tuple[int, ...]],
    *,
    fast_first: bool,
    background: bool | None,
    fit: Callable[[str, Tensor, tuple[int, ...]], Tensor],
) -> tuple[dict[str, Tensor], list[str]]:
    """Return tensors under the names in ``shapes``, of any shape, and the names left over."""
    head = "roi_head" if any(name.startswith("roi_head.") for name in shapes) else "head"
    rename = choose_torchvision(state, shapes, head) or choose_network(state, head)
    mapped: dict[str, Tensor] = {}
    leftover: list[str] = []
    classifier = last_layer(shapes, "roi_head.fc_cls")
    for name, value in join_biases(fold_output_biases(state)).items():
        new = rename(name)
        if new is None:
            continue
        if new in shapes and new.startswith(f"{classifier}."):
            value = drop_background(name, value, shapes[new][0], background=background)
        if new in shapes and new not in mapped:
            mapped[new] = fit(new, value, shapes[new])
        else:
            leftover.append(name)
    if fast_first and rename is not rename_openmmlab:
        _swap_pathways(mapped, shapes)
    return mapped, leftover


def _shape(value: Tensor | torch.Size) -> tuple[int, ...]:
    return tuple(value.shape if isinstance(value, Tensor) else value)


def _without_wrapper(state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Remove the prefix that DistributedDataParallel puts before every name."""
    if state and all(name.startswith("module.") for name in state):
        return {name.removeprefix("module."): value for name, value in state.items()}
    return state


def _fit(name: str, value: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return a tensor in the shape that the model stores it in, or unchanged.

    A classifier that is stored as a 1x1x1 convolution becomes a matrix. The embeddings of a
    transformer are interpolated to its number of frames and its image size.
    """
    if value.ndim > len(shape) == 2 and tuple(value.shape) == shape + (1,) * (value.ndim - 2):
        return value.reshape(shape)
    if value.ndim == len(shape) == 3 and value.shape[2] == shape[2]:
        if name.endswith(".time_embed"):
            return resize_time_embedding(value, shape[1])
        if name.endswith(".pos_embed") and _is_square(value.shape[1]) and _is_square(shape[1]):
            side = math.isqrt(shape[1] - 1)
            return resize_position_embedding(value, (side, side))
    return value


def _fit_start(name: str, value: Tensor, shape: tuple[int, ...]) -> Tensor:
    return fit_for_start(_fit(name, value, shape), shape)


def _is_square(num_tokens: int) -> bool:
    """Return whether these are a class token and a square grid of patches."""
    return num_tokens > 1 and math.isqrt(num_tokens - 1) ** 2 == num_tokens - 1


def _swap_pathways(mapped: dict[str, Tensor], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Reorder the classifier's columns from slow, fast to fast, slow."""
    last_block = re.compile(r"backbone\.fast_path\.layer4\.0\.conv\d\.conv\.weight")
    outputs = [shape[0] for name, shape in shapes.items() if last_block.fullmatch(name)]
    weight = mapped.get("head.fc_cls.weight")
    if outputs and weight is not None and weight.ndim == 2:
        # A block's last convolution is its widest.
        slow = weight.shape[1] - max(outputs)
        mapped["head.fc_cls.weight"] = torch.cat((weight[:, slow:], weight[:, :slow]), dim=1)
