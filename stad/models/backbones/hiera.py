"""Hiera: a plain transformer with four resolutions; attention is local in the first two.

Ryali et al., "Hiera: A Hierarchical Vision Transformer without the Bells-and-Whistles", ICML 2023.
The authors' package needs timm and was released last in March 2024, so that the network is written
here; its parts have the names of the authors' files.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor, nn
from torchvision.ops import StochasticDepth

from stad.models.backbones.embeddings import resize_clip_embedding, resize_time_embedding
from stad.models.backbones.recompute import run_layer
from stad.registry import MODELS

NORM_EPS = 1e-6
MLP_RATIO = 4
OUTPUTS = ("mean", "map")
# Tokens a side of the windows of attention in the stages; None sees the whole clip.
WINDOWS = (8, 4, None, None)
TIME_STRIDE, FIRST_STRIDE, LAST_STRIDE = 2, 4, 32


def pool_places(x: Tensor) -> Tensor:
    """Return the maximum of 2x2 places: (N, T, H, W, C) -> (N, T, H/2, W/2, C)."""
    time, height, width, channels = (int(size) for size in x.shape[1:])
    return x.reshape(-1, time, height // 2, 2, width // 2, 2, channels).amax(dim=(3, 5))


def split_windows(x: Tensor, side: int) -> Tensor:
    """Cut (N, T, H, W, C) into windows of a frame, (windows, 1, side, side, C)."""
    time, height, width, channels = (int(size) for size in x.shape[1:])
    x = x.reshape(-1, time, height // side, side, width // side, side, channels)
    return x.transpose(3, 4).reshape(-1, 1, side, side, channels)


def join_windows(x: Tensor, size: Sequence[int]) -> Tensor:
    """Undo ``split_windows``, for T, H and W."""
    time, height, width = size
    side, channels = int(x.shape[2]), int(x.shape[4])
    x = x.reshape(-1, time, height // side, width // side, side, side, channels)
    return x.transpose(3, 4).reshape(-1, time, height, width, channels)


class PooledAttention(nn.Module):
    """Multi-head self-attention over windows or the whole clip; its queries may be pooled.

    Args:
        in_channels: channels of the tokens.
        channels: channels of the output.
        num_heads: number of heads; it divides ``channels``.
        window: tokens a side of the windows; None for the whole clip.
        pool: whether the queries are the maxima of 2x2 places.
    """

    def __init__(
        self, in_channels: int, channels: int, *, num_heads: int, window: int | None, pool: bool
    ) -> None:
        super().__init__()
        self._num_heads, self._window, self._pool = num_heads, window, pool
        self.qkv = nn.Linear(in_channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Let tokens (N, T, H, W, C) see each other: (N, T, H', W', channels)."""
        size = [int(one) for one in x.shape[1:4]]
        if self._pool:
            size = [size[0], size[1] // 2, size[2] // 2]
        qkv = self.qkv(x)
        if self._window is not None:
            qkv = split_windows(qkv, self._window)
        query, key, value = qkv.chunk(3, dim=4)
        query = pool_places(query) if self._pool else query
        places = [int(one) for one in query.shape[1:4]]
        query, key, value = self._by_head(query), self._by_head(key), self._by_head(value)
        seen = F.scaled_dot_product_attention(query, key, value)
        seen = seen.transpose(1, 2).reshape(-1, *places, self._num_heads * int(seen.shape[3]))
        if self._window is not None:
            seen = join_windows(seen, size)
        return self.proj(seen)

    def _by_head(self, x: Tensor) -> Tensor:
        """Turn (N, T, H, W, C) into (N, heads, T * H * W, C / heads)."""
        return x.flatten(1, 3).unflatten(2, (self._num_heads, -1)).transpose(1, 2)


class HieraBlock(nn.Module):
    """Attention and a feed-forward network, each added to its input.

    Args:
        in_channels: channels of the tokens.
        channels: channels of the output; if they differ, 2x2 places become one.
        num_heads: heads of the attention.
        window: of ``PooledAttention``.
        drop_path: probability that a branch is skipped for a clip, in training.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        *,
        num_heads: int,
        window: int | None,
        drop_path: float,
    ) -> None:
        super().__init__()
        pool = in_channels != channels
        self.norm1 = nn.LayerNorm(in_channels, eps=NORM_EPS)
        self.attn = PooledAttention(
            in_channels, channels, num_heads=num_heads, window=window, pool=pool
        )
        self.norm2 = nn.LayerNorm(channels, eps=NORM_EPS)
        self.mlp = nn.Sequential()
        self.mlp.add_module("fc1", nn.Linear(channels, MLP_RATIO * channels))
        self.mlp.add_module("act", nn.GELU())
        self.mlp.add_module("fc2", nn.Linear(MLP_RATIO * channels, channels))
        self.proj = nn.Linear(in_channels, channels) if pool else None
        self.drop_path = StochasticDepth(drop_path, mode="row")

    def forward(self, x: Tensor) -> Tensor:
        """Run the block over tokens (N, T, H, W, C)."""
        normed = self.norm1(x)
        if self.proj is not None:
            x = pool_places(self.proj(normed))
        x = x + self.drop_path(self.attn(normed))
        return x + self.drop_path(self.mlp(self.norm2(x)))


@MODELS.register_module()
class Hiera(BaseModule):
    """Hiera for clips; the defaults are Hiera-B.

    Clips of other sizes are padded to multiples of 32 pixels, and positions are interpolated.

    Args:
        embed_dims: channels of the first stage; each further stage has twice as many.
        num_heads: heads of the first stage; each further stage has twice as many.
        depths: blocks of the stages.
        num_frames: frames that there are positions for, an even number.
        image_size_px: side of the square that there are positions for, a multiple of 4.
        output: 'mean', one vector a clip, or 'map'; a layer norm follows both.
        drop_path: the highest probability to skip a branch in training.
        with_checkpoint: recompute activations in the backward pass, for memory.
        init_cfg: mmengine's initialisation.

    Raises:
        ValueError: ``output`` is neither.
    """

    def __init__(
        self,
        embed_dims: int = 96,
        *,
        num_heads: int = 1,
        depths: Sequence[int] = (2, 3, 16, 3),
        num_frames: int = 16,
        image_size_px: int = 224,
        output: str = "mean",
        drop_path: float = 0.1,
        with_checkpoint: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if output not in OUTPUTS:
            raise ValueError(f"output must be one of {OUTPUTS}, got {output!r}")
        self._output, self._with_checkpoint = output, with_checkpoint
        projection = nn.Conv3d(3, embed_dims, (3, 7, 7), stride=(2, 4, 4), padding=(1, 3, 3))
        self.patch_embed = nn.ModuleDict({"proj": projection})
        places = (image_size_px // FIRST_STRIDE) ** 2
        self.pos_embed_spatial = nn.Parameter(torch.zeros(1, places, embed_dims))
        self.pos_embed_temporal = nn.Parameter(
            torch.zeros(1, num_frames // TIME_STRIDE, embed_dims)
        )
        self.blocks = nn.ModuleList(_make_blocks(embed_dims, num_heads, depths, drop_path))
        self.norm = nn.LayerNorm(embed_dims * 2 ** (len(depths) - 1), eps=NORM_EPS)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)
        for positions in (self.pos_embed_spatial, self.pos_embed_temporal):
            nn.init.trunc_normal_(positions, std=0.02)

    def _embed(self, clips: Tensor) -> Tensor:
        """Embed clips (N, 3, T, H, W) with their positions: tokens (N, T/2, H/4, W/4, C)."""
        height, width = int(clips.shape[3]), int(clips.shape[4])
        if (right := -width % LAST_STRIDE) | (below := -height % LAST_STRIDE):
            clips = F.pad(clips, (0, right, 0, below))
        x = self.patch_embed["proj"](clips).permute(0, 2, 3, 4, 1)
        time, height, width = (int(size) for size in x.shape[1:4])
        # The places are those of one frame.
        places = resize_clip_embedding(self.pos_embed_spatial, (1, height, width), num_frames=1)
        times = resize_time_embedding(self.pos_embed_temporal, time)
        return x + places.unflatten(1, (1, height, width)) + times[:, :, None, None]

    def forward(self, clips: Tensor) -> tuple[Tensor]:
        """Return the features of clips.

        Args:
            clips: (N, 3, T, H, W) float, normalised.

        Returns:
            One map: with 'mean' (N, C, 1, 1, 1), with 'map' (N, C, T/2, H/32, W/32), sizes rounded
            up; C is 8 * embed_dims.
        """
        x = self._embed(clips)
        for block in self.blocks:
            x = run_layer(block, x, with_checkpoint=self._with_checkpoint)
        if self._output == "mean":
            return (self.norm(x.mean(dim=(1, 2, 3)))[:, :, None, None, None],)
        return (self.norm(x).permute(0, 4, 1, 2, 3),)


def _make_blocks(
    embed_dims: int, num_heads: int, depths: Sequence[int], drop_path: float
) -> list[HieraBlock]:
    """Build the blocks of all stages; the first one of a stage sees the windows of the last."""
    blocks: list[HieraBlock] = []
    channels, window = embed_dims, WINDOWS[0]
    for stage, depth in enumerate(depths):
        for _ in range(depth):
            wider = embed_dims * 2**stage
            block = HieraBlock(
                channels,
                wider,
                num_heads=num_heads * 2**stage,
                window=window,
                drop_path=drop_path * len(blocks) / max(sum(depths) - 1, 1),
            )
            blocks.append(block)
            channels, window = wider, WINDOWS[stage]
    return blocks
