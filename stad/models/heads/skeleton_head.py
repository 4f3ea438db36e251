"""The head of actors that classifies their posture and motion from keypoints."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stad.models.backbones.blazepose import NUM_KEYPOINTS, VALUES
from stad.models.base import TrackHead
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
class SkeletonHead(TrackHead):
    """A small network over posture and motion; its few weights learn from few people.

    Postures exclude each other (softmax over the first ``num_exclusive`` classes, as AVA labels
    exactly one per person) and see body and motion; the other classes (sigmoid) see the hands,
    too.

    Args:
        num_classes: outputs.
        num_exclusive: how many classes, the first ones, exclude each other.
        interval_sec: time between neighbouring frames of a clip, seconds.
        hidden: width of the hidden layers.
        dropout: probability, in training.
        noise: deviation of the noise that training adds to the normalised features.
        init_cfg: mmengine's initialisation.
    """

    multilabel = True

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
        """Return the class logits of the actors.

        Args:
            maps: one map, (M, 199, T, 1, 1): see ``stad.models.backbones.blazepose``.
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
        # A single actor has no deviation: the stored statistics are used instead.
        if self.training and len(x) == 1:
            return F.batch_norm(x, self.norm.running_mean, self.norm.running_var, eps=self.norm.eps)
        return self.norm(x)

    def features(self, maps: Tensor, regions: Tensor, tracks: Tensor) -> Tensor:
        """Return the features of each actor, (M, 57); see ``forward``."""
        clip = read_skeletons(maps, regions, tracks)
        middle = tracks.shape[1] // 2
        now = Skeletons(*(part[:, middle : middle + 1] for part in clip))
        moving = motion_features(clip, self._interval_sec)
        return torch.cat((body_features(now), moving, arm_features(now)), dim=1)


def read_skeletons(maps: Tensor, regions: Tensor, tracks: Tensor) -> Skeletons:
    """Convert BlazePose's map (M, 199, T, 1, 1) to pixels of the clip.

    Args:
        maps: see ``stad.models.backbones.blazepose``.
        regions: as in ``SkeletonHead.forward``.
        tracks: as in ``SkeletonHead.forward``.
    """
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
