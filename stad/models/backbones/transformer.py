"""Transformer layers over the tokens of a clip: attention in time, in space, or in both at once.

Bertasius et al., "Is Space-Time Attention All You Need for Video Understanding?", ICML 2021.
Tokens are (N, 1 + T * P, C): a class token, then P patches of each of T frames. Joint attention
takes any tokens (N, L, C).
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.ops import StochasticDepth

from stad.models.backbones.recompute import run_layer

NORM_EPS = 1e-6
MLP_RATIO = 4


class SelfAttention(nn.Module):
    """Multi-head self-attention with torch's fused kernel; named as in nn.MultiheadAttention.

    Args:
        channels: channels of the tokens.
        num_heads: number of heads; it divides ``channels``.
    """

    def __init__(self, channels: int, num_heads: int) -> None:
        super().__init__()
        self._num_heads = num_heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * channels, channels))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * channels))
        self.out_proj = nn.Linear(channels, channels)
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.zeros_(self.out_proj.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Let the L tokens of each row see each other: (N, L, C) float, same shape."""
        qkv = F.linear(x, self.in_proj_weight, self.in_proj_bias)
        q, k, v = qkv.unflatten(-1, (3, self._num_heads, -1)).permute(2, 0, 3, 1, 4)
        return self.out_proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class JointAttention(nn.Module):
    """Every token sees every token (figure 2 of the paper: 'joint', for one frame 'space')."""

    def __init__(self, channels: int, num_heads: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps=NORM_EPS)
        self.attn = SelfAttention(channels, num_heads)

    def forward(self, x: Tensor, num_frames: int) -> Tensor:
        """Return the update of the tokens (N, 1 + T * P, C); same shape."""
        return self.attn(self.norm(x))


class TimeAttention(JointAttention):
    """A patch sees the patches at its place in the other frames; the class token is not changed.

    The last layer starts at zero, so that a network of images keeps its outputs at first.
    """

    def __init__(self, channels: int, num_heads: int) -> None:
        super().__init__(channels, num_heads)
        self.temporal_fc = nn.Linear(channels, channels)
        nn.init.zeros_(self.temporal_fc.weight)
        nn.init.zeros_(self.temporal_fc.bias)

    def forward(self, x: Tensor, num_frames: int) -> Tensor:
        """Return the update of the tokens (N, 1 + T * P, C); same shape."""
        frames = self.norm(x[:, 1:]).unflatten(1, (num_frames, -1))
        by_place = frames.transpose(1, 2)
        seen = self.attn(by_place.flatten(0, 1)).reshape_as(by_place)
        added = self.temporal_fc(seen.transpose(1, 2).flatten(1, 2))
        return F.pad(added, (0, 0, 1, 0))


class SpaceAttention(JointAttention):
    """A patch sees its frame and the class token, whose updates are averaged over the frames."""

    def forward(self, x: Tensor, num_frames: int) -> Tensor:
        """Return the update of the tokens (N, 1 + T * P, C); same shape."""
        x = self.norm(x)
        patches = x[:, 1:].unflatten(1, (num_frames, -1))
        class_tokens = x[:, None, :1].expand(-1, num_frames, -1, -1)
        frames = torch.cat((class_tokens, patches), dim=2)
        seen = self.attn(frames.flatten(0, 1)).unflatten(0, (-1, num_frames))
        return torch.cat((seen[:, :, 0].mean(dim=1, keepdim=True), seen[:, :, 1:].flatten(1, 2)), 1)


class FeedForward(nn.Module):
    """Norm, linear, GELU, linear; named as in the published checkpoints."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        widen = nn.Sequential(nn.Linear(channels, MLP_RATIO * channels), nn.GELU())
        self.layers = nn.Sequential(widen, nn.Linear(MLP_RATIO * channels, channels))
        self.norm = nn.LayerNorm(channels, eps=NORM_EPS)

    def forward(self, x: Tensor) -> Tensor:
        """Return the update of the tokens (N, L, C); same shape."""
        return self.layers(self.norm(x))


class TransformerLayer(nn.Module):
    """Attention, in time and then in space if they are divided, and a feed-forward network.

    Args:
        channels: channels of the tokens.
        num_heads: heads of the attention.
        divided: whether time and space have an attention each.
        drop_path: probability that a branch is skipped for a clip, in training.
    """

    def __init__(self, channels: int, num_heads: int, *, divided: bool, drop_path: float) -> None:
        super().__init__()
        kinds = (TimeAttention, SpaceAttention) if divided else (JointAttention,)
        self.attentions = nn.ModuleList(kind(channels, num_heads) for kind in kinds)
        self.ffns = nn.ModuleList([FeedForward(channels)])
        self.drop_path = StochasticDepth(drop_path, mode="row")

    def forward(self, x: Tensor, num_frames: int) -> Tensor:
        """Run the layer over tokens (N, 1 + T * P, C): the class token, then frame by frame."""
        for attention in self.attentions:
            x = x + self.drop_path(attention(x, num_frames))
        return x + self.drop_path(self.ffns[0](x))


def make_layers(
    channels: int, num_heads: int, num_layers: int, *, divided: bool, drop_path: float
) -> nn.ModuleList:
    """Return the layers of a transformer, whose branches are skipped more often the deeper.

    Args:
        channels: channels of the tokens.
        num_heads: heads of the attention.
        num_layers: number of layers.
        divided: whether time and space have an attention each.
        drop_path: of the last layer, see ``TransformerLayer``; 0 in the first one.
    """
    rates = [drop_path * i / max(num_layers - 1, 1) for i in range(num_layers)]
    return nn.ModuleList(
        TransformerLayer(channels, num_heads, divided=divided, drop_path=rate) for rate in rates
    )


def run_layers(
    layers: Iterable[nn.Module], x: Tensor, num_frames: int, *, with_checkpoint: bool
) -> Tensor:
    """Run tokens (N, L, C) through layers.

    Args:
        layers: ``TransformerLayer`` each.
        x: the tokens.
        num_frames: frames of the clip.
        with_checkpoint: recompute activations in the backward pass.
    """
    for layer in layers:
        x = run_layer(layer, x, num_frames, with_checkpoint=with_checkpoint)
    return x
