"""The parts of torchvision's video transformers, put together so that they give maps.

Fan et al., "Multiscale Vision Transformers", ICCV 2021; Li et al., "MViTv2", CVPR 2022; Liu et al.,
"Video Swin Transformer", CVPR 2022.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torchvision.models.video.mvit import (
    MultiscaleAttention,
    MViT,
    Pool,
    PositionalEncoding,
)
from torchvision.models.video.swin_transformer import SwinTransformer3d

from stad.models.backbones.embeddings import resize_position_embedding, resize_time_embedding
from stad.models.backbones.multiscale_attention import TokenAttention
from stad.models.backbones.recompute import run_layer

OUTPUTS = ("class_token", "map")


class MultiscaleTransformer(nn.Module):
    """torchvision's MViT before its classifier, for clips of any size and length.

    Args:
        network: its parts are taken over.
        output: 'class_token', one vector a clip, or 'map'.
        with_checkpoint: recompute activations in the backward pass.
    """

    def __init__(self, network: MViT, *, output: str, with_checkpoint: bool) -> None:
        super().__init__()
        self._output, self._with_checkpoint = output, with_checkpoint
        self.conv_proj = network.conv_proj
        self.pos_encoding = network.pos_encoding
        self.blocks = network.blocks
        self.norm = network.norm
        for module in list(self.blocks.modules()):
            for name, child in module.named_children():
                if isinstance(child, Pool):
                    setattr(module, name, TokenPool(child))
        for block in self.blocks:
            block.attn = TokenAttention(cast(MultiscaleAttention, block.attn))

    def forward(self, clips: Tensor) -> Tensor:
        """Return (N, 768, 1, 1, 1), or (N, 768, T/2, H/32, W/32), of clips (N, 3, T, H, W)."""
        maps = self.conv_proj(clips)
        # Whole numbers: torchvision's relative positions are computed for one size.
        size = (int(maps.shape[2]), int(maps.shape[3]), int(maps.shape[4]))
        x = _with_positions(maps.flatten(2).transpose(1, 2), size, self.pos_encoding)
        for block in self.blocks:
            x, size = run_layer(block, x, size, with_checkpoint=self._with_checkpoint)
        x = self.norm(x)
        if self._output == "class_token":
            return x[:, 0, :, None, None, None]
        return x[:, 1:].transpose(1, 2).unflatten(2, size)


class TokenPool(nn.Module):
    """torchvision's pooling of tokens with a class token, in operators that other runtimes have.

    Args:
        pool: its parts are taken over.
    """

    def __init__(self, pool: Pool) -> None:
        super().__init__()
        self.pool, self.norm_act = pool.pool, pool.norm_act

    def forward(self, x: Tensor, size: tuple[int, int, int]) -> tuple[Tensor, tuple[int, int, int]]:
        """Pool the places of tokens, and keep the class token in front of them.

        Args:
            x: (N, 1 + T * H * W, C), or (N, heads, 1 + T * H * W, C).
            size: T, H and W.

        Returns:
            Tokens of the same kind, and their T, H and W.
        """
        tokens = x.reshape(-1, *x.shape[-2:])
        maps = self.pool(tokens[:, 1:].transpose(1, 2).unflatten(2, size))
        size = (int(maps.shape[2]), int(maps.shape[3]), int(maps.shape[4]))
        tokens = torch.cat((tokens[:, :1], maps.flatten(2).transpose(1, 2)), dim=1)
        if self.norm_act is not None:
            tokens = self.norm_act(tokens)
        return tokens.reshape(*x.shape[:-2], -1, tokens.shape[2]), size


def _with_positions(x: Tensor, size: tuple[int, int, int], positions: PositionalEncoding) -> Tensor:
    """Put the class token before tokens (N, T * H * W, C), and add the positions of MViTv1."""
    class_token = positions.class_token.expand(x.shape[0], 1, -1)
    if positions.spatial_pos is None:
        # MViTv2 has relative positions in its blocks.
        return torch.cat((class_token, x), dim=1)
    places = torch.cat((cast(Tensor, positions.class_pos)[None], positions.spatial_pos))[None]
    places = resize_position_embedding(places, size[1:])
    times = resize_time_embedding(cast(Tensor, positions.temporal_pos)[None], size[0])
    x = x + (times[0, :, None] + places[:, 1:]).flatten(0, 1)
    return torch.cat((class_token + places[:, :1], x), dim=1)


class WindowTransformer(nn.Module):
    """torchvision's Swin3D before its classifier, for clips of any size and length.

    Args:
        network: its parts are taken over.
        with_checkpoint: recompute activations in the backward pass.
    """

    def __init__(self, network: SwinTransformer3d, *, with_checkpoint: bool) -> None:
        super().__init__()
        self._with_checkpoint = with_checkpoint
        self.patch_embed = network.patch_embed
        self.features = network.features
        self.norm = network.norm

    def forward(self, clips: Tensor) -> Tensor:
        """Return (N, C, T/2, H/32, W/32), sizes rounded up, of clips (N, 3, T, H, W)."""
        x = self.patch_embed(clips)
        for stage in self.features:
            x = run_layer(stage, x, with_checkpoint=self._with_checkpoint)
        return self.norm(x).permute(0, 4, 1, 2, 3)
