"""Rename the tensors of plain video transformers for stad's ``VideoViT``.

mmaction2's VideoMAE and VideoMAE V2 (Apache-2.0), and the files of the authors of UMT
(OpenGVLab/unmasked_teacher, MIT), VideoMAE (CC BY-NC 4.0) and VideoMAE V2 (MIT).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

Rename = Callable[[str], str | None]

BLOCK_NAME = re.compile(r"(?:backbone\.|encoder\.)?blocks\.(\d+)\.(.+)\.(weight|bias)")
# A part of a block in mmaction2 and in the authors' files -> in stad's layer.
BLOCK_PARTS = {
    "norm1": "attentions.0.norm.",
    "attn.qkv": "attentions.0.attn.in_proj_",
    "attn.proj": "attentions.0.attn.out_proj.",
    "norm2": "ffns.0.norm.",
    "mlp.fc1": "ffns.0.layers.0.0.",
    "mlp.fc2": "ffns.0.layers.1.",
    "mlp.layers.0.0": "ffns.0.layers.0.0.",
    "mlp.layers.1": "ffns.0.layers.1.",
}
PREFIXES = ("backbone.", "encoder.", "")
PATCHES = ("patch_embed.projection.weight", "patch_embed.proj.weight")


def is_video_vit(state: Mapping[str, Tensor]) -> bool:
    """Return whether these are the names of a plain transformer over tubelets, without stad's."""
    for prefix in PREFIXES:
        patches = [state[name] for one in PATCHES if (name := prefix + one) in state]
        if patches and f"{prefix}blocks.0.attn.qkv.weight" in state:
            # Those of frames have no time.
            return patches[0].ndim == 5 and f"{prefix}cls_token" not in state
    return False


def join_biases(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors with one bias for queries, keys and values, where keys have none.

    A bias of the keys changes no attention: it adds the same to all scores of a query.

    Args:
        state: names to tensors, as in the file.
    """
    joined = dict(state)
    for name, queries in state.items():
        if not name.endswith(".attn.q_bias"):
            continue
        values = name.removesuffix("q_bias") + "v_bias"
        if values in state and state[values].shape == queries.shape:
            parts = (queries, torch.zeros_like(queries), state[values])
            joined[name.removesuffix("q_bias") + "qkv.bias"] = torch.cat(parts)
            del joined[name], joined[values]
    return joined


def rename_video_vit(name: str, *, head: str) -> str:
    """Rename a tensor of a plain video transformer; see ``is_video_vit``.

    Args:
        name: in the file, with its biases joined.
        head: 'head' or 'roi_head'.
    """
    if match := re.fullmatch(r"(?:head|cls_head\.fc_cls|roi_head\.bbox_head\.fc_cls)\.(\w+)", name):
        return f"{head}.fc_cls.{match[1]}"
    if (match := BLOCK_NAME.fullmatch(name)) and match[2] in BLOCK_PARTS:
        return f"backbone.layers.{match[1]}.{BLOCK_PARTS[match[2]]}{match[3]}"
    short = re.sub(r"^(backbone|encoder)\.", "", name)
    return "backbone." + short.replace("patch_embed.proj.", "patch_embed.projection.")
