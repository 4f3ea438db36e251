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
# Of the first and of the last frame, how the body is held, without how well it is seen.
ENDS = 25
POSTURE = BODY + 2 * ENDS + 3 * MOTION
LIMIT = 4.0
# Where no frame shows a body with at least this probability, there may be no person: bottles and
# beds stay below it in 9 of 10 cases, people of all postures reach it in 97 of 100.
SURE_BODY = 0.5
# Nothing is known of bodies of fewer pixels of the clip, and enough of those of more than twice as
# many.
SMALLEST_PX = 20.0
# What a box without a body takes off the scores of actions, as logits.
DOUBT = 6.0


@MODELS.register_module()
class SkeletonHead(TrackHead):
    """A small network over posture and motion; its few weights learn from few people.

    It sees how the body is held in the first, the middle and the last frame of a clip, and how it
    moves in the first half, around the middle and in the second half. Postures exclude each other
    (softmax over the first ``num_exclusive`` classes, as AVA labels exactly one per person); the
    other classes (sigmoid) see the hands, too.

    Args:
        num_classes: outputs.
        num_exclusive: how many classes, the first ones, exclude each other.
        interval_sec: time between neighbouring frames of a clip, seconds; a clip has 2 frames or
            more.
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
        hidden: int = 64,
        dropout: float = 0.2,
        noise: float = 0.1,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.num_classes, self.num_exclusive = num_classes, num_exclusive
        self._interval_sec, self._noise = interval_sec, noise
        self.norm = nn.BatchNorm1d(POSTURE + ARMS, affine=False, momentum=0.05)
        self.posture = _layers(POSTURE, hidden, num_exclusive, dropout)
        self.action = _layers(POSTURE + ARMS, hidden, num_classes - num_exclusive, dropout)

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
        postures, actions = self.posture(x[:, :POSTURE]), self.action(x)
        if not self.training:
            # Without a body all postures are equally likely, and no action is.
            body = (maps[0][:, -1].float().amax(dim=(1, 2, 3)) / SURE_BODY).clamp(max=1)[:, None]
            sides = (tracks[..., 2:] - tracks[..., :2]).amax(dim=2).median(dim=1).values
            body = body * (sides / SMALLEST_PX - 1).clamp(0, 1)[:, None]
            postures, actions = postures * body, actions - DOUBT * (1 - body)
        return torch.cat((postures, actions), dim=1)

    def _normalise(self, x: Tensor) -> Tensor:
        # A single actor has no deviation: the stored statistics are used instead.
        if self.training and len(x) == 1:
            return F.batch_norm(x, self.norm.running_mean, self.norm.running_var, eps=self.norm.eps)
        return self.norm(x)

    def features(self, maps: Tensor, regions: Tensor, tracks: Tensor) -> Tensor:
        """Return the features of each actor, (M, 145); see ``forward``."""
        return skeleton_features(maps, regions, tracks, interval_sec=self._interval_sec)


def skeleton_features(
    maps: Tensor, regions: Tensor, tracks: Tensor, *, interval_sec: float
) -> Tensor:
    """Return how actors are held and move at the middle, the first and the last frame of a clip.

    Args:
        maps: as in ``SkeletonHead.forward``, and the others too.
        regions: of the crops.
        tracks: of the actors.
        interval_sec: time between neighbouring frames, seconds; T is 2 or more.

    Returns:
        (M, 145) float32.
    """
    clip = read_skeletons(maps, regions, tracks)
    middle, last = tracks.shape[1] // 2, tracks.shape[1] - 1

    def part(first: int, end: int) -> Skeletons:
        return Skeletons(*(values[:, first : end + 1] for values in clip))

    now = part(middle, middle)
    ends = [body_features(part(frame, frame))[:, :ENDS] for frame in (0, last)]
    around = (max(middle - 1, 0), min(middle + 1, last))
    spans = (around, (0, max(middle, 1)), (min(middle, last - 1), last))
    moving = [motion_features(part(*span), interval_sec) for span in spans]
    return torch.cat((body_features(now), *ends, *moving, arm_features(now)), dim=1)


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
    def hidden_layer(width: int) -> list[nn.Module]:
        return [nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(dropout)]

    layers = [*hidden_layer(inputs), *hidden_layer(hidden), nn.Linear(hidden, outputs)]
    return nn.Sequential(*layers)
