"""A network in the place of BlazePose, whose weights tests do not have: crops to 199 numbers."""

from __future__ import annotations

import torch
from torch import Tensor

from stad.models.backbones.blazepose import CHANNELS
from stad.models.base import TrackBackbone


class ColourPose(TrackBackbone):
    """The mean colours of each crop and its pixels in the middle, over and over.

    Attributes:
        count: crops that any of these networks has seen.
    """

    count = 0

    @torch.no_grad()
    def forward(self, clips: Tensor, tracks: Tensor) -> tuple[Tensor]:
        """(M, 3, T, S, S) and (M, T, 4) -> one map (M, 199, T, 1, 1)."""
        assert tracks.shape == (len(clips), clips.shape[2], 4)
        type(self).count += len(clips)
        middle = clips.shape[3] // 2
        colours = torch.cat((clips.mean(dim=(3, 4)), clips[..., middle, middle]), dim=1)
        repeats = -(-CHANNELS // colours.shape[1])
        return (colours.repeat(1, repeats, 1)[:, :CHANNELS, :, None, None],)
