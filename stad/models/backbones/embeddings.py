"""Learnt embeddings of places and times, resized to another number of places and times."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def resize_time_embedding(embedding: Tensor, num_frames: int) -> Tensor:
    """Resize embeddings of frames to another number of frames, linearly.

    Args:
        embedding: (1, T, C) float.
        num_frames: number of frames to resize to.

    Returns:
        (1, num_frames, C) of the same type; the same tensor if T is ``num_frames``.

    >>> resize_time_embedding(torch.tensor([[[0.0], [1.0]]]), 4).flatten().tolist()
    [0.0, 0.25, 0.75, 1.0]
    """
    if embedding.shape[1] == num_frames:
        return embedding
    # In float32: torch cannot interpolate half precisions on a CPU.
    channels_first = embedding.transpose(1, 2).float()
    resized = F.interpolate(channels_first, num_frames, mode="linear", align_corners=False)
    return resized.transpose(1, 2).to(embedding.dtype)


def resize_position_embedding(embedding: Tensor, grid: tuple[int, int]) -> Tensor:
    """Resize embeddings of a square grid of patches to another grid, bicubic.

    Args:
        embedding: (1, 1 + S * S, C) float; the first one belongs to the class token, and stays.
        grid: height and width to resize to, in patches.

    Returns:
        (1, 1 + height * width, C) of the same type; the same tensor if the grid is the same.

    Raises:
        ValueError: the embeddings do not belong to a square grid.
    """
    side = math.isqrt(embedding.shape[1] - 1)
    if side * side != embedding.shape[1] - 1:
        raise ValueError(
            "position embeddings must be those of a square grid and a class token, got "
            f"{embedding.shape[1]} of them"
        )
    if grid == (side, side):
        return embedding
    places = embedding[:, 1:].transpose(1, 2).unflatten(2, (side, side)).float()
    resized = F.interpolate(places, grid, mode="bicubic", align_corners=False)
    resized = resized.flatten(2).transpose(1, 2).to(embedding.dtype)
    return torch.cat((embedding[:, :1], resized), dim=1)
