"""Rename the tensors of TimeSformer's and TSM's own authors for stad.

facebookresearch/TimeSformer, timesformer/models/vit.py (CC BY-NC 4.0) and
mit-han-lab/temporal-shift-module, ops/models.py and ops/non_local.py (MIT).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from torch import Tensor

Rename = Callable[[str], str | None]

# The authors' block -> stad's layer; {space} is the index of the attention within frames.
TIMESFORMER_BLOCK = {
    "temporal_norm1.": "attentions.0.norm.",
    "temporal_attn.qkv.": "attentions.0.attn.in_proj_",
    "temporal_attn.proj.": "attentions.0.attn.out_proj.",
    "temporal_fc.": "attentions.0.temporal_fc.",
    "norm1.": "attentions.{space}.norm.",
    "attn.qkv.": "attentions.{space}.attn.in_proj_",
    "attn.proj.": "attentions.{space}.attn.out_proj.",
    "norm2.": "ffns.0.norm.",
    "mlp.fc1.": "ffns.0.layers.0.0.",
    "mlp.fc2.": "ffns.0.layers.1.",
}
TIMESFORMER_BLOCK_NAME = re.compile(r"blocks\.(\d+)\.(.+?\.)(weight|bias)")
TSM_CONV = re.compile(r"(layer\d\.\d+)\.(conv|bn)(\d)\.(?:net\.)?(\w+)")
# The bias -> the running mean of the batch norm after it: TSM, PySlowFast, its Caffe2 models.
OUTPUT_BIASES = {
    r"(\.nl)\.W\.0\.bias$": r"\1.W.1.running_mean",
    r"(_nonlocal\d+)\.conv_out\.bias$": r"\1.bn.running_mean",
    r"^(nonlocal_conv\d_\d+)_out_b$": r"\1_bn_rm",
}
TSM_NON_LOCAL = re.compile(r"(layer\d\.\d+)\.nl\.(g|theta|phi|W)\.(?:(\d)\.)?(\w+)")


def is_timesformer(state: Mapping[str, Tensor]) -> bool:
    """Return whether these are the names of the authors' TimeSformer."""
    names = {name.removeprefix("model.") for name in state}
    return {"cls_token", "patch_embed.proj.weight", "blocks.0.attn.qkv.weight"} <= names


def is_tsm(state: Mapping[str, Tensor]) -> bool:
    """Return whether these are the names of the authors' TSM or TSN."""
    return "base_model.conv1.weight" in state and "base_model.layer1.0.bn1.weight" in state


def rename_timesformer(state: Mapping[str, Tensor]) -> Rename:
    """Return how to rename the authors' TimeSformer, with any kind of attention.

    The rows of ``qkv`` are those of ``in_proj``: queries, keys, values, each head by head.

    Args:
        state: names to tensors, as in the file.
    """
    divided = any(".temporal_attn." in name for name in state)

    def rename(name: str) -> str:
        short = name.removeprefix("model.")
        if match := re.fullmatch(r"head\.(weight|bias)", short):
            return f"head.fc_cls.{match[1]}"
        if match := TIMESFORMER_BLOCK_NAME.fullmatch(short):
            number, module, leaf = match.groups()
            module = TIMESFORMER_BLOCK.get(module, module).format(space=int(divided))
            return f"backbone.transformer_layers.layers.{number}.{module}{leaf}"
        return "backbone." + short.replace("patch_embed.proj.", "patch_embed.projection.")

    return rename


def rename_tsm(name: str) -> str:
    """Rename a tensor of the authors' TSM or TSN of a ResNet, with or without non-local blocks."""
    if match := re.fullmatch(r"(?:new_fc|base_model\.fc)\.(weight|bias)", name):
        return f"head.fc_cls.{match[1]}"
    # The block before a non-local one is wrapped.
    short = re.sub(r"^(base_model\.layer\d\.\d+)\.block\.", r"\1.", name)
    short = short.removeprefix("base_model.")
    if match := re.fullmatch(r"(conv|bn)1\.(\w+)", short):
        return f"backbone.conv1.{match[1]}.{match[2]}"
    if match := TSM_CONV.fullmatch(short):
        block, kind, number, leaf = match.groups()
        return f"backbone.{block}.conv{number}.{kind}.{leaf}"
    if match := re.fullmatch(r"(layer\d\.\d+)\.downsample\.([01])\.(\w+)", short):
        kind = "conv" if match[2] == "0" else "bn"
        return f"backbone.{match[1]}.downsample.{kind}.{match[3]}"
    if match := TSM_NON_LOCAL.fullmatch(short):
        return f"backbone.{match[1]}.non_local_block.{_non_local(*match.groups()[1:])}"
    return name


def _non_local(module: str, index: str | None, leaf: str) -> str:
    """Rename a part: 'g', '0', 'weight' -> 'g.0.conv.weight'."""
    if module == "W":
        return f"conv_out.{'bn' if index == '1' else 'conv'}.{leaf}"
    return f"{module}.{f'{index}.' if index else ''}conv.{leaf}"


def fold_output_biases(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return TSM's and PySlowFast's networks without biases in front of batch norm.

    Those are the biases of the last convolutions of their non-local blocks.

    A bias b there equals a running mean that is lower by b.
    """
    folded = dict(state)
    for name, bias in state.items():
        for ending, running_mean in OUTPUT_BIASES.items():
            if re.search(ending, name) and (mean := re.sub(ending, running_mean, name)) in state:
                folded[mean] = state[mean] - bias
                del folded[name]
    return folded
