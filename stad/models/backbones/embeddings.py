"""Learnt embeddings of places and of times, brought to another number of them."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def resize_time_embedding(embedding: Tensor, num_frames: int) -> Tensor:
    """Embeddings of frames for another number of frames, linear between them.

    Args:
        embedding: (1, T, C) float.
        num_frames: how many are wanted.

    Returns:
        (1, num_frames, C) of the same type; the same tensor where T is ``num_frames``.

    >>> resize_time_embedding(torch.tensor([[[0.0], [1.0]]]), 4).flatten().tolist()
    [0.0, 0.25, 0.75, 1.0]
    """
    if embedding.shape[1] == num_frames:
        return embedding
    # In float32: on a CPU half precisions are not interpolated.
    channels_first = embedding.transpose(1, 2).float()
    resized = F.interpolate(channels_first, num_frames, mode="linear", align_corners=False)
    return resized.transpose(1, 2).to(embedding.dtype)


def resize_position_embedding(embedding: Tensor, grid: tuple[int, int]) -> Tensor:
    """Embeddings of a square grid of patches for another grid, bicubic.

    Args:
        embedding: (1, 1 + S * S, C) float; the first is that of the class token, and stays.
        grid: height and width that are wanted, in patches.

    Returns:
        (1, 1 + height * width, C) of the same type; the same tensor where the grid is the same.

    Raises:
        ValueError: an embedding of no square grid.
    """
    side = math.isqrt(embedding.shape[1] - 1)
    if side * side != embedding.shape[1] - 1:
        raise ValueError(
            f"position embeddings are those of a square grid and of a class token, got "
            f"{embedding.shape[1]}"
        )
    if grid == (side, side):
        return embedding
    places = embedding[:, 1:].transpose(1, 2).unflatten(2, (side, side)).float()
    resized = F.interpolate(places, grid, mode="bicubic", align_corners=False)
    resized = resized.flatten(2).transpose(1, 2).to(embedding.dtype)
    return torch.cat((embedding[:, :1], resized), dim=1)
