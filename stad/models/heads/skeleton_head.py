"""Keypoints of actors over a clip -> class logits of every actor."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor, nn

from stad.models.backbones.blazepose import NUM_KEYPOINTS, VALUES
from stad.models.heads.skeleton_features import (
    Skeletons,
    arm_features,
    body_features,
    motion_features,
)
from stad.registry import MODELS

BODY, ARMS, MOTION = 30, 8, 19
LIMIT = 4.0


@MODELS.register_module()
class SkeletonHead(BaseModule):
    """A small network over posture and motion, so few numbers that few people teach it.

    Postures exclude each other (softmax over the first ``num_exclusive`` classes, as AVA labels
    exactly one per person) and are told from body and motion; the others (sigmoid) see the
    hands too.

    Args:
        num_classes: outputs.
        num_exclusive: how many of them, the first ones, exclude each other.
        interval_sec: time between neighbouring frames of a clip, seconds.
        hidden: width of the hidden layers.
        dropout: probability, in training.
        noise: deviation of what is added to the normalised numbers in training.
        init_cfg: mmengine's initialisation.
    """

    multilabel = True
    # An ``ActionDetector`` hands regions and tracks in beside the maps.
    sees_tracks = True

    def __init__(
        self,
        num_classes: int,
        *,
        num_exclusive: int,
        interval_sec: float,
        hidden: int = 32,
        dropout: float = 0.3,
        noise: float = 0.15,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.num_classes, self.num_exclusive = num_classes, num_exclusive
        self._interval_sec, self._noise = interval_sec, noise
        self.norm = nn.BatchNorm1d(BODY + MOTION + ARMS, affine=False, momentum=0.05)
        self.posture = _layers(BODY + MOTION, hidden, num_exclusive, dropout)
        self.action = _layers(BODY + MOTION + ARMS, hidden, num_classes - num_exclusive, dropout)

    def forward(self, maps: tuple[Tensor], regions: Tensor, tracks: Tensor) -> Tensor:
        """Class logits of the actors.

        Args:
            maps: one, (M, 199, T, 1, 1): see ``stad.models.backbones.blazepose``.
            regions: (M, T, 4) float32 xyxy of the crops, pixels of the clip.
            tracks: (M, T, 4) float32 xyxy of the actors, pixels of the clip.

        Returns:
            (M, num_classes) float32.
        """
        x = self._normalise(self.features(maps[0], regions, tracks)).clamp(-LIMIT, LIMIT)
        if self.training:
            x = x + self._noise * torch.randn_like(x)
        return torch.cat((self.posture(x[:, : BODY + MOTION]), self.action(x)), dim=1)

    def _normalise(self, x: Tensor) -> Tensor:
        # One actor alone has no spread to learn from: what was learnt so far has to do.
        if self.training and len(x) == 1:
            return F.batch_norm(x, self.norm.running_mean, self.norm.running_var, eps=self.norm.eps)
        return self.norm(x)

    def features(self, maps: Tensor, regions: Tensor, tracks: Tensor) -> Tensor:
        """What the network sees of each actor, (M, 57); see ``forward``."""
        clip = read_skeletons(maps, regions, tracks)
        middle = tracks.shape[1] // 2
        now = Skeletons(*(part[:, middle : middle + 1] for part in clip))
        moving = motion_features(clip, self._interval_sec)
        return torch.cat((body_features(now), moving, arm_features(now)), dim=1)


def read_skeletons(maps: Tensor, regions: Tensor, tracks: Tensor) -> Skeletons:
    """BlazePose's map (M, 199, T, 1, 1) in pixels of the clip; see ``SkeletonHead.forward``."""
    values = maps.float()[..., 0, 0].transpose(1, 2)
    marks = values[..., :-1].unflatten(-1, (NUM_KEYPOINTS, VALUES))
    corner, far = regions[:, :, None, :2], regions[:, :, None, 2:]
    return Skeletons(
        flat=corner + marks[..., :2] * (far - corner),
        seen=marks[..., 2],
        metric=marks[..., 3:],
        body=values[..., -1],
        boxes=tracks,
    )


def _layers(inputs: int, hidden: int, outputs: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, outputs)
    )
