"""Names in published checkpoints -> names in stad's models, with nothing left over or missing."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from stad.errors import InputError
from stad.models.backbones.embeddings import resize_position_embedding, resize_time_embedding
from stad.zoo.author_names import (
    fold_output_biases,
    is_timesformer,
    is_tsm,
    rename_timesformer,
    rename_tsm,
)
from stad.zoo.class_rows import PUBLISHED, drop_background, last_layer, row_mismatch
from stad.zoo.torchvision_names import (
    choose_torchvision,
    fit_for_start,
    is_video_model,
    share_attention,
    share_streams,
    widen_slow_inputs,
)

# In front of the slow stages 1 to 4, from the fast pathway.
LATERALS = ("conv1_lateral", "layer1_lateral", "layer2_lateral", "layer3_lateral")
CONV_NUMBERS = {"a": "1", "b": "2", "c": "3"}
SHOWN_KEYS = 10

Rename = Callable[[str], str | None]


def map_keys(
    state: Mapping[str, Tensor],
    target: Mapping[str, Tensor | torch.Size],
    *,
    origin: str = "the checkpoint",
    fast_first: bool = False,
    background: bool | None = None,
) -> dict[str, Tensor]:
    """A state dict of stad or of another project under the names of ``target``.

    Others are mmaction2, PySlowFast, PyTorchVideo, torchvision and the authors of TimeSformer and
    TSM. A detector's background row is left out, see ``stad.zoo.class_rows``.

    Args:
        state: names to tensors, as ``read_checkpoint`` gives them.
        target: the names that the model has, to its tensors or their shapes.
        origin: what to call the checkpoint in an error, such as its path.
        fast_first: whether the model's clip head takes the fast pathway before the slow one, as
            mmaction2's do; columns of PySlowFast's and PyTorchVideo's heads then change places.
        background: whether the classifier of a detector has a background row, where the file
            says so, see ``stad.zoo.recorded``.

    Returns:
        Exactly the names of ``target``; counters of batches that an older file lacks are zero.

    Raises:
        InputError: names left over, missing, or of another shape; it lists them.
    """
    shapes = {name: _shape(value) for name, value in target.items()}
    state = _without_wrapper(state)
    mapped, leftover = _rename_all(
        state, shapes, fast_first=fast_first, background=background, fit=_fit
    )
    for name in shapes.keys() - mapped.keys():
        if name.endswith(".num_batches_tracked"):
            mapped[name] = torch.tensor(0)
    _check(state, mapped, shapes, leftover, origin=origin, background=background)
    return mapped


def map_available(
    state: Mapping[str, Tensor],
    target: Mapping[str, Tensor | torch.Size],
    *,
    fast_first: bool = False,
    background: bool | None = None,
) -> tuple[dict[str, Tensor], list[str]]:
    """What of a checkpoint fits ``target``, to start training from.

    Arguments are those of ``map_keys``.

    Returns:
        The part of ``target`` that is there in the right shape, and the names in the checkpoint
        that have no use, such as a classifier of other classes. Weights of images are inflated
        where the model looks at clips, given to both streams, and widened for laterals.
    """
    shapes = {name: _shape(value) for name, value in target.items()}
    state = _without_wrapper(state)
    mapped, leftover = _rename_all(
        state, shapes, fast_first=fast_first, background=background, fit=_fit_start
    )
    for complete in (share_attention, share_streams, widen_slow_inputs):
        mapped = complete(mapped, shapes)
    reshaped = {name for name, value in mapped.items() if tuple(value.shape) != shapes[name]}
    # A bias fits by chance where its weight does not.
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
    """Tensors under the names in ``shapes``, whatever their shape, and the names left over."""
    head = "roi_head" if any(name.startswith("roi_head.") for name in shapes) else "head"
    rename = choose_torchvision(state, shapes, head) or _choose_family(state, head)
    mapped: dict[str, Tensor] = {}
    leftover: list[str] = []
    classifier = last_layer(shapes, "roi_head.fc_cls")
    for name, value in fold_output_biases(state).items():
        new = rename(name)
        if new is None:
            continue
        if new in shapes and new.startswith(f"{classifier}."):
            value = drop_background(name, value, shapes[new][0], background=background)
        if new in shapes and new not in mapped:
            mapped[new] = fit(new, value, shapes[new])
        else:
            leftover.append(name)
    if fast_first and rename is not _rename_openmmlab:
        _swap_pathways(mapped, shapes)
    return mapped, leftover


def _shape(value: Tensor | torch.Size) -> tuple[int, ...]:
    return tuple(value.shape if isinstance(value, Tensor) else value)


def _without_wrapper(state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Without the prefix that DistributedDataParallel puts before every name."""
    if state and all(name.startswith("module.") for name in state):
        return {name.removeprefix("module."): value for name, value in state.items()}
    return state


def _fit(name: str, value: Tensor, shape: tuple[int, ...]) -> Tensor:
    """As it is, but a classifier that is stored as a 1x1x1 convolution becomes a matrix.

    The embeddings of a transformer are interpolated for its number of frames and its size.
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
    """Whether these are a class token and a square grid of patches."""
    return num_tokens > 1 and math.isqrt(num_tokens - 1) ** 2 == num_tokens - 1


def _choose_family(state: Mapping[str, Tensor], head: str) -> Rename:
    names = list(state)
    if is_timesformer(state):
        return rename_timesformer(state)
    if is_tsm(state):
        return rename_tsm
    if any(re.match(r"(model\.)?blocks\.\d+\.", name) for name in names):
        return lambda name: _rename_pytorchvideo(name, paths=_paths(names), head=head)
    if any(re.match(r"s\d\.pathway\d_", name) for name in names):
        return lambda name: _rename_pyslowfast(name, paths=_paths(names), head=head)
    if any(re.match(r"(t_)?res\d_\d+_branch", name) for name in names):
        paths = _paths(names)
        return lambda name: _rename_caffe2(name, paths=paths, head=head)
    if any(name.startswith("backbone.Mixed_") for name in names):
        # I3D's classifier is the same for a clip and for a region of it.
        return lambda name: re.sub(r"^(roi_)?head\.", f"{head}.", name)
    return _rename_openmmlab


def _paths(names: list[str]) -> tuple[str, ...]:
    """The backbone of each pathway of a checkpoint: one, or slow and fast."""
    two = re.compile(r"^t_res|pathway1_|multipathway_blocks\.1\.")
    if any(two.search(name) for name in names):
        return ("backbone.slow_path", "backbone.fast_path")
    return ("backbone",)


def _rename_openmmlab(name: str) -> str:
    """stad's own names, and mmaction2's, whose backbones are named alike.

    Its TSM wraps the convolution that it shifts, its non-local networks the block that one
    follows, and its TimeSformers without divided attention keep both norms in one list.
    """
    name = re.sub(r"\.conv\.net\.(?=weight$)", ".conv.", name)
    name = re.sub(r"^(backbone\.layer\d\.\d+)\.block\.", r"\1.", name)
    name = re.sub(r"(\.layers\.\d+)\.norms\.0\.", r"\1.attentions.0.norm.", name)
    name = re.sub(r"(\.layers\.\d+)\.norms\.1\.", r"\1.ffns.0.norm.", name)
    name = re.sub(r"^roi_head\.bbox_head\.", "roi_head.", name)
    return re.sub(r"^cls_head\.", "head.", name)


def _rename_pyslowfast(name: str, *, paths: tuple[str, ...], head: str) -> str:
    if match := re.fullmatch(r"s1\.pathway(\d)_stem\.(conv|bn)\.(\w+)", name):
        return f"{_path(paths, match[1])}.conv1.{match[2]}.{match[3]}"
    if match := re.fullmatch(r"s(\d)_fuse\.(conv_f2s|bn)\.(\w+)", name):
        layer = "conv" if match[2] == "conv_f2s" else "bn"
        return f"{paths[0]}.{_lateral(int(match[1]) - 1)}.{layer}.{match[3]}"
    if match := re.fullmatch(r"s(\d)\.pathway(\d)_res(\d+)\.(.+)\.(\w+)", name):
        stage, pathway, block, module, leaf = match.groups()
        prefix = f"{_path(paths, pathway)}.layer{int(stage) - 1}.{block}"
        return f"{prefix}.{_block_module(module)}.{leaf}"
    return re.sub(r"^head\.projection\.", f"{head}.fc_cls.", name)


def _rename_pytorchvideo(name: str, *, paths: tuple[str, ...], head: str) -> str:
    short = name.removeprefix("model.")
    if match := re.fullmatch(r"(?:detection_head|blocks\.\d+)\.proj\.(\w+)", short):
        return f"{head}.fc_cls.{match[1]}"
    if match := re.fullmatch(
        r"blocks\.(\d)\.multipathway_fusion\.(conv_fast_to_slow|norm)\.(\w+)", short
    ):
        layer = "conv" if match[2] == "conv_fast_to_slow" else "bn"
        return f"{paths[0]}.{_lateral(int(match[1]))}.{layer}.{match[3]}"
    short = re.sub(r"\.multipathway_blocks\.(\d)\.", r"@\1.", short)
    if match := re.fullmatch(r"blocks\.0(?:@(\d))?\.(conv|norm)\.(\w+)", short):
        layer = "conv" if match[2] == "conv" else "bn"
        return f"{_path(paths, match[1])}.conv1.{layer}.{match[3]}"
    if match := re.fullmatch(r"blocks\.(\d)(?:@(\d))?\.res_blocks\.(\d+)\.(.+)\.(\w+)", short):
        stage, pathway, block, module, leaf = match.groups()
        module = re.sub(r"conv_([abc])$", r"\1", re.sub(r"norm_([abc])$", r"\1_bn", module))
        module = module.replace("branch1_conv", "branch1").replace("branch1_norm", "branch1_bn")
        return f"{_path(paths, pathway)}.layer{stage}.{block}.{_block_module(module)}.{leaf}"
    return name


def _rename_caffe2(name: str, *, paths: tuple[str, ...], head: str) -> str | None:
    """PySlowFast's Caffe2 blobs; None for what only training needs."""
    if name.endswith("_momentum") or name in ("lr", "model_iter"):
        return None
    leaves = {"bn_s": "bn.weight", "bn_b": "bn.bias", "bn_rm": "bn.running_mean"}
    leaves |= {"bn_riv": "bn.running_var", "w": "conv.weight", "b": "conv.bias"}
    if match := re.fullmatch(r"pred_([wb])", name):
        return f"{head}.fc_cls.{'weight' if match[1] == 'w' else 'bias'}"
    match = re.fullmatch(r"(.+?)_(bn_s|bn_b|bn_rm|bn_riv|w|b)", name)
    if not match:
        return name
    module, leaf = match[1], leaves[match[2]]
    if lateral := re.fullmatch(r"t_(pool1|res(\d)_\d+_branch2c_bn)_subsample", module):
        return f"{paths[0]}.{_lateral(int(lateral[2] or 1) - 1)}.{leaf}"
    pathway = "1" if module.startswith("t_") else "0"
    module = module.removeprefix("t_")
    if module in ("conv1", "res_conv1"):
        return f"{_path(paths, pathway)}.conv1.{leaf}"
    if block := re.fullmatch(r"res(\d)_(\d+)_branch(1|2([abc]))", module):
        part = f"conv{CONV_NUMBERS[block[4]]}" if block[4] else "downsample"
        return f"{_path(paths, pathway)}.layer{int(block[1]) - 1}.{block[2]}.{part}.{leaf}"
    return name


def _path(paths: tuple[str, ...], pathway: str | None) -> str:
    return paths[int(pathway or 0)]


def _lateral(index: int) -> str:
    return LATERALS[index] if 0 <= index < len(LATERALS) else f"lateral{index}"


def _block_module(module: str) -> str:
    """'branch2.a_bn' -> 'conv1.bn', 'branch1' -> 'downsample.conv': PySlowFast's block in stad."""
    layer = "bn" if module.endswith("_bn") else "conv"
    module = module.removesuffix("_bn")
    if module == "branch1":
        return f"downsample.{layer}"
    if match := re.fullmatch(r"branch2\.([abc])", module):
        return f"conv{CONV_NUMBERS[match[1]]}.{layer}"
    return module


def _swap_pathways(mapped: dict[str, Tensor], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Columns of slow, then fast, in the order fast, then slow."""
    last_block = re.compile(r"backbone\.fast_path\.layer4\.0\.conv\d\.conv\.weight")
    outputs = [shape[0] for name, shape in shapes.items() if last_block.fullmatch(name)]
    weight = mapped.get("head.fc_cls.weight")
    if outputs and weight is not None and weight.ndim == 2:
        # A block's last convolution is its widest.
        slow = weight.shape[1] - max(outputs)
        mapped["head.fc_cls.weight"] = torch.cat((weight[:, slow:], weight[:, :slow]), dim=1)


def _check(
    state: Mapping[str, Tensor],
    mapped: Mapping[str, Tensor],
    shapes: Mapping[str, tuple[int, ...]],
    leftover: list[str],
    *,
    origin: str,
    background: bool | None,
) -> None:
    missing = sorted(shapes.keys() - mapped.keys())
    reshaped = [
        f"{name} {tuple(value.shape)} instead of {shapes[name]}"
        for name, value in mapped.items()
        if tuple(value.shape) != shapes[name]
    ]
    if not (leftover or missing or reshaped):
        return
    parts = [
        f"{len(names)} {what}: {_shorten(names)}"
        for what, names in (
            ("left over", leftover),
            ("missing", missing),
            ("of another shape", reshaped),
        )
        if names
    ]
    rows = _row_mismatch(state, mapped, shapes, background=background)
    raise InputError(
        f"{origin} does not fit the model; {describe(state)}{rows}. Names: {'; '.join(parts)}. "
        "Give the weights that belong to this model, or choose the model that they belong to."
    )


def _row_mismatch(
    state: Mapping[str, Tensor],
    mapped: Mapping[str, Tensor],
    shapes: Mapping[str, tuple[int, ...]],
    *,
    background: bool | None,
) -> str:
    """'; its classifier has ...' where the number of classes is what does not fit, else ''."""
    for head in ("roi_head.fc_cls", "head.fc_cls"):
        bias = f"{last_layer(shapes, head)}.bias"
        if bias not in mapped or len(mapped[bias]) == shapes[bias][0]:
            continue
        rows, published = len(mapped[bias]), any(map(PUBLISHED.fullmatch, state))
        if not published or head == "head.fc_cls":
            return f"; it scores {rows} classes, but the model has {shapes[bias][0]} classes"
        found = row_mismatch(rows + bool(background), shapes[bias][0], background=background)
        return f"; {found}"
    return ""


def _shorten(names: list[str]) -> str:
    more = len(names) - SHOWN_KEYS
    return ", ".join(names[:SHOWN_KEYS]) + (f" and {more} more" if more > 0 else "")


def describe(state: Mapping[str, Tensor]) -> str:
    """What a state dict looks like, for people: 'this looks like ...'."""
    plain = "a recognizer of torchvision" if is_video_model(state) else "an image classifier"
    rules = (
        (r"roi_head\.bbox_head\.fc_cls(\.\d+)?\.weight", 1, "an action detector of mmaction2"),
        (r"new_fc\.weight", 0, "a recognizer of TSM's authors"),
        (r"roi_head\.fc_cls(\.\d+)?\.weight", 0, "an action detector of stad"),
        (r"cls_head\.fc_cls\.weight", 0, "a recognizer of mmaction2"),
        (r"head\.fc_cls\.weight", 0, "a recognizer of stad"),
        (r"detection_head\.proj\.weight", 0, "an action detector of PyTorchVideo"),
        (r"blocks\.\d+\.proj\.weight", 0, "a recognizer of PyTorchVideo"),
        (r"head\.projection\.weight|pred_w", 0, "a model of PySlowFast"),
        (r"(bbox_head|rpn_head)\..+", None, "a detector of mmdet"),
        (r"classifier\.1\.weight", 0, "a recognizer of torchvision"),
        (r"fc\.weight", 0, plain),
        (r"heads\.head\.weight", 0, "an image classifier"),
    )
    for pattern, background, what in rules:
        found = [value for name, value in state.items() if re.fullmatch(pattern, name)]
        if found and background is None:
            return f"this looks like a checkpoint of {what}"
        if found:
            or_without = f" and a background row, or {len(found[-1])} without one"
            return (
                f"this looks like a checkpoint of {what} with {len(found[-1]) - background} classes"
                f"{or_without if background else ''}"
            )
    if is_timesformer(state):
        return "this looks like a checkpoint of TimeSformer's authors"
    return "this looks like no checkpoint of stad, mmaction2, PySlowFast or PyTorchVideo"
