"""Embeddings of places and times, resized to another number of places and times."""

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
    return torch.cat((embedding[:, :1], _resize_places(embedding[:, 1:], side, grid)), dim=1)


def resize_clip_embedding(
    embedding: Tensor, size: tuple[int, int, int], *, num_frames: int
) -> Tensor:
    """Resize embeddings of the places of a clip: each frame bicubic, then time linearly.

    Args:
        embedding: (1, T * S * S, C) float, frame by frame.
        size: time, height and width to resize to, in tokens.
        num_frames: T.

    Returns:
        (1, time * height * width, C) of the same type; the same tensor if the size is the same.
    """
    side = math.isqrt(embedding.shape[1] // num_frames)
    time, *grid = size
    if size == (num_frames, side, side):
        return embedding
    frames = embedding[0].unflatten(0, (num_frames, -1))
    if tuple(grid) != (side, side):
        frames = _resize_places(frames, side, (grid[0], grid[1]))
    times = resize_time_embedding(frames.flatten(1)[None], time)
    return times.unflatten(2, (-1, embedding.shape[2])).flatten(1, 2)


def sine_embedding(num_positions: int, channels: int) -> Tensor:
    """Return fixed embeddings of positions: sines in even channels, cosines in odd ones.

    Vaswani et al., "Attention Is All You Need", NeurIPS 2017, section 3.5. The angle of position p
    in channel j is p / 10000 ** (2 * (j // 2) / channels).

    Args:
        num_positions: number of positions.
        channels: channels of each.

    Returns:
        (1, num_positions, channels) float32.

    >>> sine_embedding(2, 2)[0].round(decimals=2).tolist()
    [[0.0, 1.0], [0.8399999737739563, 0.5400000214576721]]
    """
    channel = torch.arange(channels)
    positions = torch.arange(num_positions, dtype=torch.float64)[:, None]
    angles = positions / 10000 ** (2 * (channel // 2).double() / channels)
    return torch.where(channel % 2 == 0, angles.sin(), angles.cos()).float()[None]


def _resize_places(embedding: Tensor, side: int, grid: tuple[int, int]) -> Tensor:
    """Resize (N, S * S, C) to (N, height * width, C), bicubic."""
    # In float32: torch cannot interpolate half precisions on a CPU.
    places = embedding.transpose(1, 2).unflatten(2, (side, side))
    places = places if places.dtype == torch.float64 else places.float()
    resized = F.interpolate(places, grid, mode="bicubic", align_corners=False)
    return resized.flatten(2).transpose(1, 2).to(embedding.dtype)
