"""Rename the tensors of Hiera's authors for stad: facebookresearch/hiera, hiera/hiera.py."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor


def is_hiera(state: Mapping[str, Tensor]) -> bool:
    """Return whether these are the names of the authors' Hiera for clips."""
    return {"pos_embed_spatial", "pos_embed_temporal", "patch_embed.proj.weight"} <= state.keys()


def rename_hiera(name: str, *, head: str) -> str:
    """Rename a tensor; its classifier is that of ``head``, 'head' or 'roi_head'."""
    if match := re.fullmatch(r"head\.projection\.(weight|bias)", name):
        return f"{head}.fc_cls.{match[1]}"
    return f"backbone.{name}"
