"""Crops of actors: one square clip per actor that follows its track."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stad.registry import MODELS


class CroppedActors(NamedTuple):
    """The clips of M actors.

    Attributes:
        clips: (M, 3, T, S, S) float32; 0 outside the frame.
        regions: (M, T, 4) float32 xyxy of each crop, pixels of the clip it was cut from.
        tracks: (M, T, 4) float32 xyxy of each actor, pixels of the clip it was cut from.
    """

    clips: Tensor
    regions: Tensor
    tracks: Tensor

    def boxes_in_crops(self) -> list[Tensor]:
        """Return each actor's box at the keyframe, pixels of its own crop: M times (1, 4)."""
        middle = self.tracks.shape[1] // 2
        region, box = self.regions[:, middle], self.tracks[:, middle]
        scale = self.clips.shape[-1] / (region[:, 2:] - region[:, :2])
        corner = region[:, :2].repeat(1, 2)
        return list(((box - corner) * scale.repeat(1, 2)).unsqueeze(1))


@MODELS.register_module()
class ActorCrops(nn.Module):
    """Cuts a square around each actor out of every frame and resizes it to one size.

    A person of 80 pixels is two cells of a map of stride 32; cut out, it fills the network's
    input, and the cost grows with the number of people, not with the size of the frame.

    Args:
        size_px: side of the crops.
        scale: side of the square, in longer sides of the actor's box.
        oversample: sample this many times as densely, then average; for people who are often
            larger than the crop.
        steady: one square size for the whole clip, its largest, so that the actor's own growth
            shows; else the square follows the size of the box.
        fixed: one square for the whole clip, around all boxes of the actor, so that every motion
            of the actor shows.
    """

    def __init__(
        self,
        size_px: int,
        *,
        scale: float = 1.25,
        oversample: int = 1,
        steady: bool = True,
        fixed: bool = False,
    ) -> None:
        super().__init__()
        self._size_px, self._scale = size_px, scale
        self._oversample, self._steady, self._fixed = oversample, steady, fixed

    def forward(self, clips: Tensor, tracks: Sequence[Tensor]) -> CroppedActors:
        """Cut the actors out.

        Args:
            clips: (N, 3, T, H, W) float32.
            tracks: N times (K_i, T, 4) float32 xyxy, pixels of the clip.

        Returns:
            The crops of all M actors, clip by clip.
        """
        num_frames = clips.shape[2]
        tracks = [one.to(clips).reshape(-1, num_frames, 4) for one in tracks]
        regions = [self.squares(one) for one in tracks]
        cut = [
            torch.stack([self.cut(clip[:, t], one[:, t]) for t in range(num_frames)], dim=2)
            for clip, one in zip(clips.float(), regions, strict=True)
        ]
        return CroppedActors(torch.cat(cut), torch.cat(regions), torch.cat(tracks))

    def cut(self, frame: Tensor, regions: Tensor) -> Tensor:
        """Sample regions of one frame, bilinear, without copies of the frame.

        Args:
            frame: (3, H, W) float32.
            regions: (K, 4) float32 xyxy, pixels of the frame.

        Returns:
            (K, 3, S, S) float32; 0 outside the frame.
        """
        side, count = self._size_px * self._oversample, len(regions)
        steps = (torch.arange(side, device=frame.device) + 0.5) / side
        size = frame.new_tensor([frame.shape[2], frame.shape[1]])
        corner, extent = regions[:, :2] / size, (regions[:, 2:] - regions[:, :2]) / size
        x, y = ((corner[:, i, None] + extent[:, i, None] * steps) * 2 - 1 for i in (0, 1))
        grid = torch.stack(
            (x[:, None].expand(-1, side, -1), y[:, :, None].expand(-1, -1, side)), dim=-1
        )
        found = F.grid_sample(
            frame[None], grid.reshape(1, count * side, side, 2), align_corners=False
        )
        found = found.reshape(-1, count, side, side).transpose(0, 1)
        return F.avg_pool2d(found, self._oversample) if self._oversample > 1 else found

    def squares(self, tracks: Tensor) -> Tensor:
        """Return the squares (M, T, 4) that are cut out around boxes (M, T, 4), xyxy."""
        if self._fixed:
            low, high = tracks[..., :2].amin(dim=1), tracks[..., 2:].amax(dim=1)
            tracks = torch.cat((low, high), dim=-1)[:, None].expand_as(tracks)
        side = (tracks[..., 2:] - tracks[..., :2]).amax(dim=-1, keepdim=True).clamp(min=1)
        if self._steady:
            side = side.amax(dim=1, keepdim=True)
        half = side * self._scale / 2
        centre = (tracks[..., :2] + tracks[..., 2:]) / 2
        return torch.cat((centre - half, centre + half), dim=-1)


def still_tracks(boxes: Sequence[Tensor], num_frames: int) -> list[Tensor]:
    """Repeat N times (K_i, 4) boxes as N times (K_i, T, 4) tracks of actors that stand still."""
    return [one[:, None].expand(-1, num_frames, -1) for one in boxes]
