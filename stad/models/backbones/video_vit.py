"""VideoViT: a plain vision transformer over tubelets, patches of one or several frames.

Tong et al., "VideoMAE: Masked Autoencoders are Data-Efficient Learners for Self-Supervised Video
Pre-Training", NeurIPS 2022; Li et al., "Unmasked Teacher: Towards Training-Efficient Video
Foundation Models", ICCV 2023.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor, nn

from stad.models.backbones.embeddings import resize_clip_embedding, sine_embedding
from stad.models.backbones.transformer import NORM_EPS, make_layers, run_layers
from stad.registry import MODELS

OUTPUTS = ("map", "mean")
POSITIONS = ("sine", "stored")
BORDERS = ("cut", "pad")


def _check_options(image_size_px: int, patch_size_px: int, **options: tuple[str, tuple]) -> None:
    for name, (value, known) in options.items():
        if value not in known:
            raise ValueError(f"{name} must be one of {known}, got {value!r}")
    if image_size_px % patch_size_px:
        raise ValueError(
            f"image_size_px must be a multiple of the patch size {patch_size_px}, "
            f"got {image_size_px}"
        )


def make_stem(
    in_channels: int, stem_channels: Sequence[int], tubelet: tuple[int, int, int]
) -> tuple[nn.Sequential, tuple[int, int, int]]:
    """Return convolutions, and the part of a tubelet that is left to be one token.

    Hassani et al., "Escaping the Big Data Paradigm with Compact Transformers", 2021.

    Args:
        in_channels: of the clip.
        stem_channels: outputs of each convolution.
        tubelet: time, height and width of a token, in frames and pixels.
    """
    factor = 2 ** len(stem_channels)
    if any(side % factor for side in tubelet):
        raise ValueError(
            f"stem_channels {tuple(stem_channels)} need tubelets of a multiple of {factor} frames "
            f"and pixels, got {tubelet}"
        )
    stem = nn.Sequential()
    for before, after in zip((in_channels, *stem_channels), stem_channels, strict=False):
        convolution = nn.Conv3d(before, after, 3, stride=2, padding=1, bias=False)
        stem.append(nn.Sequential(convolution, nn.BatchNorm3d(after), nn.ReLU()))
    time, height, width = tubelet
    return stem, (time // factor, height // factor, width // factor)


@MODELS.register_module()
class VideoViT(BaseModule):
    """A vision transformer for clips of any length and size; every token sees every token.

    The defaults are those of VideoMAE's ViT-B/16.

    Args:
        num_frames: frames of the clips that the positions are made for; for other clips the
            positions are interpolated.
        image_size_px: side of the frames that they are made for.
        tubelet_frames: frames of a tubelet.
        patch_size_px: height and width of a tubelet.
        in_channels: channels of the clip.
        embed_dims: channels of the tokens.
        num_heads: heads of the attention.
        num_layers: layers of the transformer.
        stem_channels: of convolutions before the transformer, each of which halves time, height
            and width, so that a small network learns from few videos; () for none. A tubelet then
            has the size of what a token covers.
        positions: 'sine' for a fixed table that checkpoints do not have; 'stored' for one that
            they have, which begins as the fixed one and is not trained.
        output: 'map' for a classifier of regions, 'mean' (of all tokens) for one of clips.
        border: 'cut' ignores pixels beyond the last whole patch, 'pad' completes the patch with
            zeros.
        drop_path: probability that a branch is skipped, in training; grows from 0 in the first
            layer to this in the last one.
        with_checkpoint: recompute activations in the backward pass, to save memory.
        init_cfg: mmengine's initialisation.

    Attributes:
        num_layers: as given.
    """

    pos_embed: Tensor
    norm: nn.LayerNorm
    fc_norm: nn.LayerNorm

    def __init__(
        self,
        *,
        num_frames: int = 16,
        image_size_px: int = 224,
        tubelet_frames: int = 2,
        patch_size_px: int = 16,
        in_channels: int = 3,
        embed_dims: int = 768,
        num_heads: int = 12,
        num_layers: int = 12,
        stem_channels: Sequence[int] = (),
        positions: str = "stored",
        output: str = "map",
        border: str = "cut",
        drop_path: float = 0.0,
        with_checkpoint: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        _check_options(
            image_size_px,
            patch_size_px,
            positions=(positions, POSITIONS),
            output=(output, OUTPUTS),
            border=(border, BORDERS),
        )
        self.num_layers = num_layers
        self._output, self._border, self._with_checkpoint = output, border, with_checkpoint
        self._num_times = num_frames // tubelet_frames
        self._tubelet = (tubelet_frames, patch_size_px, patch_size_px)
        self.stem, size = make_stem(in_channels, stem_channels, self._tubelet)
        channels = stem_channels[-1] if stem_channels else in_channels
        projection = nn.Conv3d(channels, embed_dims, size, stride=size)
        self.patch_embed = nn.ModuleDict({"projection": projection})
        count = self._num_times * (image_size_px // patch_size_px) ** 2
        table = sine_embedding(count, embed_dims)
        self.register_buffer("pos_embed", table, persistent=positions == "stored")
        self.layers = make_layers(
            embed_dims, num_heads, num_layers, divided=False, drop_path=drop_path
        )
        # Two names, as in the published checkpoints: the norm of a mean is not that of tokens.
        norm = nn.LayerNorm(embed_dims, eps=NORM_EPS)
        setattr(self, "norm" if output == "map" else "fc_norm", norm)

    def depth_of(self, name: str) -> int:
        """Return how deep a tensor of the backbone is: 0 before the layers, i + 1 in layer i.

        Args:
            name: in the state dict of the backbone; the norm after the layers is at
                ``num_layers`` + 1.
        """
        if match := re.match(r"layers\.(\d+)\.", name):
            return int(match[1]) + 1
        first = ("stem.", "patch_embed.", "pos_embed")
        return 0 if name.startswith(first) else self.num_layers + 1

    def _embed(self, clips: Tensor) -> tuple[Tensor, tuple[int, int, int]]:
        """Embed (N, C, T, H, W): tokens (N, t * h * w, C') and (t, h, w)."""
        _, height, width = self._tubelet
        if self._border == "pad":
            missing = (0, -clips.shape[4] % width, 0, -clips.shape[3] % height)
            clips = F.pad(clips, missing) if any(missing) else clips
        maps = self.patch_embed["projection"](self.stem(clips))
        size = (maps.shape[2], maps.shape[3], maps.shape[4])
        positions = resize_clip_embedding(self.pos_embed, size, num_frames=self._num_times)
        return maps.flatten(2).transpose(1, 2) + positions.to(maps.dtype), size

    def forward(self, clips: Tensor) -> tuple[Tensor]:
        """Return the features of clips.

        Args:
            clips: (N, C, T, H, W) float, normalised; frames beyond the last whole tubelet are
                ignored, but with a stem they are completed with zeros, as are frames.

        Returns:
            One map, after the last norm: with 'map' (N, C', t, h, w) for T/tubelet times,
            H/patch and W/patch places, with 'mean' (N, C', 1, 1, 1).

        Raises:
            ValueError: the clip is smaller than a tubelet.
        """
        if any(has < needs for has, needs in zip(clips.shape[2:], self._tubelet, strict=True)):
            raise ValueError(
                f"a clip needs at least {self._tubelet} frames, rows and columns, "
                f"got {tuple(clips.shape[2:])}"
            )
        x, size = self._embed(clips)
        x = run_layers(self.layers, x, size[0], with_checkpoint=self._with_checkpoint)
        if self._output == "mean":
            return (self.fc_norm(x.mean(dim=1))[:, :, None, None, None],)
        return (self.norm(x).transpose(1, 2).unflatten(2, size),)
