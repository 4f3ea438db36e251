"""Rename the tensors of mmaction2, PySlowFast, its Caffe2 models and PyTorchVideo for stad."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from torch import Tensor

from stad.zoo.author_names import is_timesformer, is_tsm, rename_timesformer, rename_tsm
from stad.zoo.hiera_names import is_hiera, rename_hiera
from stad.zoo.separated_names import is_csn, is_x3d, rename_csn, rename_x3d
from stad.zoo.vit_names import is_video_vit, rename_video_vit

Rename = Callable[[str], str | None]

# In front of the slow stages 1 to 4, from the fast pathway.
LATERALS = ("conv1_lateral", "layer1_lateral", "layer2_lateral", "layer3_lateral")
CONV_NUMBERS = {"a": "1", "b": "2", "c": "3"}


def choose_network(state: Mapping[str, Tensor], head: str) -> Rename:
    """Return how to rename a checkpoint, by the project whose names it has.

    Args:
        state: names to tensors, as in the file.
        head: 'head' or 'roi_head'.
    """
    names = list(state)
    if is_timesformer(state):
        return rename_timesformer(state)
    if is_tsm(state):
        return rename_tsm
    if is_hiera(state):
        return lambda name: rename_hiera(name, head=head)
    if is_video_vit(state):
        return lambda name: rename_video_vit(name, head=head)
    rename = _choose_project(names, head)
    if is_x3d(state):
        return rename_x3d(rename, head)
    return rename_csn(rename) if is_csn(state) else rename


def _choose_project(names: list[str], head: str) -> Rename:
    """Return how to rename a residual network, by the project whose names it has."""
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
    return rename_openmmlab


def _paths(names: list[str]) -> tuple[str, ...]:
    """Return the backbone of each pathway of a checkpoint: one, or slow and fast."""
    two = re.compile(r"^t_res|pathway1_|multipathway_blocks\.1\.")
    if any(two.search(name) for name in names):
        return ("backbone.slow_path", "backbone.fast_path")
    return ("backbone",)


def rename_openmmlab(name: str) -> str:
    """Rename a tensor of mmaction2 or of stad, whose backbones have the same names.

    mmaction2's TSM wraps the convolution that it shifts, its non-local networks wrap the block
    before a non-local one, and its TimeSformers without divided attention list both norms.
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
    if match := re.fullmatch(r"s(\d)\.pathway(\d)_nonlocal(\d+)\.(?:conv_)?(\w+)\.(\w+)", name):
        stage, pathway, block, module, leaf = match.groups()
        prefix = f"{_path(paths, pathway)}.layer{int(stage) - 1}.{block}"
        return f"{prefix}.non_local_block.{_non_local_module(module)}.{leaf}"
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
    """Rename a Caffe2 blob of PySlowFast; return None for one that only training needs."""
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
    if block := re.fullmatch(r"nonlocal_conv(\d)_(\d+)_(?:(\w+)_)?", f"{module}_"):
        prefix = f"{paths[0]}.layer{int(block[1]) - 1}.{block[2]}.non_local_block"
        return f"{prefix}.{_non_local_module(block[3] or 'bn')}.{leaf.rpartition('.')[2]}"
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


def _non_local_module(module: str) -> str:
    """Rename a layer of PySlowFast's non-local block: 'out' -> 'conv_out.conv'."""
    names = {"out": "conv_out.conv", "bn": "conv_out.bn"}
    return names.get(module, f"{module}.conv")


def _block_module(module: str) -> str:
    """Rename a layer of PySlowFast's block: 'branch2.a_bn' -> 'conv1.bn'."""
    layer = "bn" if module.endswith("_bn") else "conv"
    module = module.removesuffix("_bn")
    if module == "branch1":
        return f"downsample.{layer}"
    if match := re.fullmatch(r"branch2\.([abc])", module):
        return f"conv{CONV_NUMBERS[match[1]]}.{layer}"
    return module
