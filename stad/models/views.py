"""Views of actors: what a frozen network sees of each person in a clip, as vectors of features.

A view is a module with a ``name`` and a ``width`` that turns ``ViewedClips`` into (K, width)
features. Another view is another class here or elsewhere, named in a config.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stad.models.actor_crops import ActorCrops
from stad.models.fast_inference import cast_like
from stad.models.heads.roi_head import RoIHead
from stad.models.heads.skeleton_head import ARMS, POSTURE, skeleton_features
from stad.registry import MODELS

if TYPE_CHECKING:
    from stad.models.base import TrackBackbone

Maps = tuple[Tensor, ...]
# Numbers that ``pooled`` makes of each channel.
STATISTICS = 2


class ViewedClips:
    """Clips with their actors, and the maps of them that several views need.

    Args:
        clips: (N, 3, T, H, W) float32, normalised for ``backbone``.
        boxes: N times (K_i, 4) float32 xyxy, pixels of the clip.
        tracks: N times (K_i, T, 4) float32 xyxy, pixels of the clip.
        backbone: of clips; None if no view needs it.
        pose: finds keypoints in crops; None if no view needs it.
        unscale: turns normalised clips into clips in [-1, 1].
    """

    def __init__(
        self,
        clips: Tensor,
        boxes: Sequence[Tensor],
        tracks: Sequence[Tensor],
        *,
        backbone: nn.Module | None,
        pose: TrackBackbone | None,
        unscale: Callable[[Tensor], Tensor],
    ) -> None:
        self.clips, self.boxes, self.tracks = clips, boxes, tracks
        self.pose, self.unscale = pose, unscale
        self._backbone = backbone
        self._whole: dict[int | None, tuple[Maps, tuple[int, int]]] = {}
        self._crops: dict[str, list[Maps]] = {}

    @property
    def counts(self) -> list[int]:
        """The number of actors of each clip."""
        return [len(one) for one in self.boxes]

    def run_backbone(self, clips: Tensor) -> Maps:
        """Return the maps (M, C_i, T_i, H_i, W_i) float32 of clips (M, 3, T, H, W)."""
        backbone = cast(nn.Module, self._backbone)
        found = backbone(cast_like(backbone, clips.contiguous()))
        return tuple(one.float() for one in found)

    def whole_maps(self, short_side_px: int | None) -> tuple[Maps, tuple[int, int]]:
        """Return the maps of whole clips, and the height and width of what was seen.

        Args:
            short_side_px: to which the clips are resized first; None takes them as they are.
        """
        if short_side_px not in self._whole:
            clips = self.clips
            if short_side_px is not None and min(clips.shape[3:]) != short_side_px:
                clips = resize_clips(clips, short_side_px)
            size = (clips.shape[3], clips.shape[4])
            self._whole[short_side_px] = (self.run_backbone(clips), size)
        return self._whole[short_side_px]

    def crop_maps(self, key: str, crops: ActorCrops) -> list[Maps]:
        """Return the maps of the square clip around each actor.

        Args:
            key: of the crops; those of the same key are computed once.
            crops: cuts the actors out.
        """
        if key not in self._crops:
            cut = crops(self.clips, self.tracks).clips
            # One actor at a time: the same size of batch whatever the number of people.
            self._crops[key] = [self.run_backbone(one) for one in cut.split(1)]
        return self._crops[key]


def resize_clips(clips: Tensor, short_side_px: int) -> Tensor:
    """Resize (N, C, T, H, W) float to a short side, bilinearly as ``resize_frame`` does."""
    scale = short_side_px / min(clips.shape[3:])
    size = [int(side * scale + 0.5) for side in clips.shape[3:]]
    frames = clips.transpose(1, 2).flatten(0, 1)
    found = F.interpolate(frames, size=size, mode="bilinear")
    return found.unflatten(0, (len(clips), -1)).transpose(1, 2)


class ActorView(nn.Module):
    """The base of views.

    Attributes:
        name: of the view, unique in a model.
        width: number of features.
        sees_tracks: whether it follows the actors through the clip.
    """

    name: str
    width: int
    sees_tracks = False

    def forward(self, viewed: ViewedClips) -> Tensor:
        """Return the features of all actors, clip by clip: (sum of K_i, width) float32."""
        raise NotImplementedError


@MODELS.register_module()
class SceneView(ActorView):
    """The maps of the whole clip, pooled: each actor of a clip has the same features.

    Args:
        channels: of the maps together.
        maps: which maps of the backbone; None for all.
        short_side_px: to which clips are resized first; None takes them as they are.
    """

    name = "scene"

    def __init__(
        self,
        channels: int,
        *,
        maps: Sequence[int] | None = None,
        short_side_px: int | None = None,
    ) -> None:
        super().__init__()
        self.width, self._maps, self._short_side_px = STATISTICS * channels, maps, short_side_px

    def forward(self, viewed: ViewedClips) -> Tensor:
        """Return the features; see ``ActorView.forward``."""
        maps, _ = viewed.whole_maps(self._short_side_px)
        counts = torch.tensor(viewed.counts, device=maps[0].device)
        return pooled(chosen(maps, self._maps)).repeat_interleave(counts, dim=0)


@MODELS.register_module()
class RoIView(ActorView):
    """The part of the maps of the whole clip where the actor is at the keyframe.

    Args:
        channels: of the maps together.
        maps: which maps of the backbone; None for all.
        pooling: further arguments of ``RoIHead``, which cuts the part out.
        short_side_px: to which clips are resized first; None takes them as they are.
    """

    name = "roi"

    def __init__(
        self,
        channels: int,
        *,
        maps: Sequence[int] | None = None,
        pooling: dict | None = None,
        short_side_px: int | None = None,
    ) -> None:
        super().__init__()
        self.width, self._maps, self._short_side_px = channels, maps, short_side_px
        self.head = RoIHead(channels, 1, **(pooling or {}))
        if self.head.shared_head is not None:
            raise ValueError("a RoIView has no shared_head: its features would not be the width")
        # Only what comes before the classifier is used.
        self.head.fc_cls = nn.Sequential()

    def forward(self, viewed: ViewedClips) -> Tensor:
        """Return the features; see ``ActorView.forward``."""
        maps, (height, width) = viewed.whole_maps(self._short_side_px)
        clip_height, clip_width = viewed.clips.shape[3:]
        scale = maps[0].new_tensor([width / clip_width, height / clip_height] * 2)
        boxes = [one.to(scale) * scale for one in viewed.boxes]
        return self.head.eval().pool_actors(chosen(maps, self._maps), boxes, (height, width))


@MODELS.register_module()
class CropView(ActorView):
    """The backbone's maps of a square clip around the actor, pooled.

    Args:
        channels: of the maps together.
        actor_crops: config of ``ActorCrops``.
        maps: which maps of the backbone; None for all.
        name: of the view; views with the same crops share the maps.
    """

    sees_tracks = True

    def __init__(
        self,
        channels: int,
        *,
        actor_crops: dict,
        maps: Sequence[int] | None = None,
        name: str = "crop",
    ) -> None:
        super().__init__()
        self.name, self.width, self._maps = name, STATISTICS * channels, maps
        self._key = repr(sorted((key, str(value)) for key, value in actor_crops.items()))
        self.crops: ActorCrops = MODELS.build(actor_crops)

    def forward(self, viewed: ViewedClips) -> Tensor:
        """Return the features; see ``ActorView.forward``."""
        actors = viewed.crop_maps(self._key, self.crops)
        return torch.cat([pooled(chosen(maps, self._maps)) for maps in actors])


@MODELS.register_module()
class SkeletonView(ActorView):
    """Posture and motion of the actor, from keypoints in a few frames of the clip.

    Args:
        actor_crops: config of ``ActorCrops``.
        frames: positions in the clip, ascending, evenly apart.
        interval_sec: time between them, seconds.
    """

    name = "skeleton"
    width = POSTURE + ARMS
    uses_backbone = False
    uses_pose = True
    sees_tracks = True

    def __init__(self, *, actor_crops: dict, frames: Sequence[int], interval_sec: float) -> None:
        super().__init__()
        self.crops: ActorCrops = MODELS.build(actor_crops)
        self._frames, self._interval_sec = list(frames), interval_sec

    def forward(self, viewed: ViewedClips) -> Tensor:
        """Return the features; see ``ActorView.forward``."""
        pose = cast("TrackBackbone", viewed.pose)
        clips = viewed.unscale(viewed.clips[:, :, self._frames])
        cut = self.crops(clips, [one[:, self._frames] for one in viewed.tracks])
        (maps,) = pose(cut.clips, cut.tracks)
        return skeleton_features(
            maps, cut.regions, cut.tracks, interval_sec=self._interval_sec
        ).float()


def chosen(maps: Maps, places: Sequence[int] | None) -> Maps:
    """Return the maps at some places, or all for None."""
    return maps if places is None else tuple(maps[place] for place in places)


def pooled(maps: Maps) -> Tensor:
    """Average maps over space, then take mean and standard deviation over time.

    Args:
        maps: (N, C_i, T_i, H_i, W_i) float.

    Returns:
        (N, 2 * sum of C_i) float32: means of all maps, then deviations.
    """
    over_time = [one.float().mean(dim=(3, 4)) for one in maps]
    means = [one.mean(dim=2) for one in over_time]
    deviations = [one.std(dim=2, correction=0) for one in over_time]
    return torch.cat((*means, *deviations), dim=1)
