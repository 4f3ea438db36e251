"""TimeSformer: a vision transformer over the patches of all frames of a clip.

Bertasius et al., "Is Space-Time Attention All You Need for Video Understanding?", ICML 2021.
"""

from __future__ import annotations

from typing import cast

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from stad.models.backbones.embeddings import resize_position_embedding, resize_time_embedding
from stad.models.backbones.transformer import NORM_EPS, make_layers, run_layers
from stad.registry import MODELS

ATTENTIONS = ("divided", "joint", "space_only")
OUTPUTS = ("class_token", "map")


def _check_options(attention: str, output: str, image_size_px: int, patch_size_px: int) -> None:
    if attention not in ATTENTIONS:
        raise ValueError(f"attention must be one of {ATTENTIONS}, got {attention!r}")
    if output not in OUTPUTS:
        raise ValueError(f"output must be one of {OUTPUTS}, got {output!r}")
    if image_size_px % patch_size_px:
        raise ValueError(
            f"image_size_px must be a multiple of the patch size {patch_size_px}, "
            f"got {image_size_px}"
        )


@MODELS.register_module()
class TimeSformer(BaseModule):
    """TimeSformer for any number of frames of any size; the defaults are those of ViT-B/16.

    Args:
        num_frames: frames of the learnt embeddings; for other clips these are interpolated, at
            run time, and when weights of another size are loaded.
        image_size_px: side of the frames of the learnt embeddings, which are interpolated, too.
        patch_size_px: side of a patch.
        in_channels: channels of the clip.
        embed_dims: channels of the tokens.
        num_heads: heads of the attention.
        num_layers: layers of the transformer.
        attention: 'divided' (time, then space), 'joint' or 'space_only'.
        output: 'class_token' for a classifier of clips, 'map' for one of regions.
        dropout: probability after the embeddings, in training.
        drop_path: probability that a branch is skipped, in training; grows from 0 in the first
            layer to this in the last one.
        with_checkpoint: recompute activations in the backward pass, for long clips.
        init_cfg: mmengine's initialisation.
    """

    def __init__(
        self,
        *,
        num_frames: int = 8,
        image_size_px: int = 224,
        patch_size_px: int = 16,
        in_channels: int = 3,
        embed_dims: int = 768,
        num_heads: int = 12,
        num_layers: int = 12,
        attention: str = "divided",
        output: str = "class_token",
        dropout: float = 0.0,
        drop_path: float = 0.1,
        with_checkpoint: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        _check_options(attention, output, image_size_px, patch_size_px)
        self._attention, self._output = attention, output
        self._patch_size_px, self._with_checkpoint = patch_size_px, with_checkpoint
        projection = nn.Conv2d(in_channels, embed_dims, patch_size_px, stride=patch_size_px)
        self.patch_embed = nn.ModuleDict({"projection": projection})
        self.cls_token = nn.Parameter(torch.zeros(1, 1, embed_dims))
        num_patches = (image_size_px // patch_size_px) ** 2
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + num_patches, embed_dims))
        if attention != "space_only":
            self.time_embed = nn.Parameter(torch.zeros(1, num_frames, embed_dims))
        self.drop_after_pos = nn.Dropout(dropout)
        divided = attention == "divided"
        layers = make_layers(
            embed_dims, num_heads, num_layers, divided=divided, drop_path=drop_path
        )
        self.transformer_layers = nn.ModuleDict({"layers": layers})
        self.norm = nn.LayerNorm(embed_dims, eps=NORM_EPS)
        nn.init.trunc_normal_(self.pos_embed, std=0.02)
        nn.init.trunc_normal_(self.cls_token, std=0.02)

    def _embed(self, clips: Tensor) -> tuple[Tensor, tuple[int, int]]:
        """Embed (N, C, T, H, W): tokens (N, 1 + T * P, C') and the grid of patches of a frame."""
        num_frames = clips.shape[2]
        frames = clips.transpose(1, 2).flatten(0, 1)
        maps = self.patch_embed["projection"](frames)
        grid = (maps.shape[2], maps.shape[3])
        positions = resize_position_embedding(self.pos_embed, grid)
        patches = maps.flatten(2).transpose(1, 2) + positions[:, 1:]
        patches = patches.unflatten(0, (-1, num_frames))
        if self._attention != "space_only":
            patches = patches + resize_time_embedding(self.time_embed, num_frames)[:, :, None]
        class_token = (self.cls_token + positions[:, :1]).expand(clips.shape[0], -1, -1)
        tokens = torch.cat((class_token, patches.flatten(1, 2)), dim=1)
        return self.drop_after_pos(tokens), grid

    def _run_layers(self, x: Tensor, num_frames: int) -> Tensor:
        layers = cast(nn.ModuleList, self.transformer_layers["layers"])
        return run_layers(layers, x, num_frames, with_checkpoint=self._with_checkpoint)

    def forward(self, clips: Tensor) -> tuple[Tensor]:
        """Return the features of clips.

        Args:
            clips: (N, C, T, H, W) float, normalised; pixels beyond the last whole patch are
                ignored.

        Returns:
            One map, after the last norm: with 'class_token' (N, C', 1, 1, 1), with 'map'
            (N, C', T, H/patch, W/patch).

        Raises:
            ValueError: the clip is smaller than a patch.
        """
        if min(clips.shape[3:]) < self._patch_size_px:
            raise ValueError(
                f"a clip needs at least {self._patch_size_px} pixels a side, "
                f"got {tuple(clips.shape[3:])}"
            )
        num_frames = clips.shape[2]
        x, grid = self._embed(clips)
        if self._attention == "space_only":
            x = self._by_frame(x, num_frames)
        else:
            x = self._run_layers(x, num_frames)
        if self._output == "class_token":
            return (self.norm(x[:, 0])[:, :, None, None, None],)
        maps = self.norm(x[:, 1:]).reshape(x.shape[0], num_frames, *grid, x.shape[2])
        return (maps.permute(0, 4, 1, 2, 3),)

    def _by_frame(self, x: Tensor, num_frames: int) -> Tensor:
        """Run the layers over each frame separately; average the class tokens of a clip."""
        class_tokens = x[:, None, :1].expand(-1, num_frames, -1, -1)
        frames = torch.cat((class_tokens, x[:, 1:].unflatten(1, (num_frames, -1))), dim=2)
        seen = self._run_layers(frames.flatten(0, 1), 1).unflatten(0, (-1, num_frames))
        class_token = seen[:, :, 0].mean(dim=1, keepdim=True)
        return torch.cat((class_token, seen[:, :, 1:].flatten(1, 2)), dim=1)
