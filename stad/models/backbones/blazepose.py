"""Body keypoints of one person per crop: BlazePose with its published weights.

Bazarevsky et al., "BlazePose: On-device Real-time Body Pose tracking", CVPR workshops 2020;
Grishchenko et al., "BlazePose GHUM Holistic", CVPR workshops 2022, for the metric keypoints.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from stad.errors import InputError
from stad.models.backbones.pose_looks import (
    GIVEN_POINTS,
    INPUT_PX,
    NUM_KEYPOINTS,
    Looks,
    PoseFinds,
    aligned,
)
from stad.models.backbones.tflite import open_tflite
from stad.models.base import TrackBackbone
from stad.registry import MODELS
from stad.utils.networks import Network

# Of each keypoint: x and y in crop sides (0-1), the probability that it is visible (0-1), and
# x, y, z in metres from the middle of the hips, axes as in the image: y down, z away from the
# camera.
VALUES = 6
# After the keypoints: the probability that a body is in the crop (0-1).
CHANNELS = NUM_KEYPOINTS * VALUES + 1
# A box whose height is below this many widths may show a lying person; one whose height is above
# that many, a person who stands straight.
UPRIGHT, STRAIGHT = 1.3, 2.0
# Keypoints in the crop, probability of a body, metric keypoints.
OUTPUTS = ("Identity", "Identity_1", "Identity_4")
WIDTHS = (GIVEN_POINTS * 5, 1, GIVEN_POINTS * 3)


@MODELS.register_module()
class BlazePose(TrackBackbone):
    """Finds the keypoints of the person in each frame of each crop; frozen.

    The network was trained on upright people who fill the crop. Its answer also says how to rotate
    and scale the crop, so that this holds, and it is asked a second time with that. The crop of a
    wide box is first run rotated by a quarter to either side, too, and the most confident answer
    is taken. People who stand straight are asked once.

    Args:
        weights: path of ``pose_landmark_full.tflite``, or a function that returns it, called
            when the first crop comes.
    """

    def __init__(self, weights: str | Path | Callable[[], Path] | None = None) -> None:
        super().__init__()
        self.weights = weights
        self._network: Network | None = None

    def __getstate__(self) -> dict:
        # A network of another library cannot be copied; it is opened again when needed.
        return {**self.__dict__, "_network": None}

    def prepare(self) -> None:
        """Open the network now rather than when the first clip comes."""
        self._open(torch.device("cpu"))

    @torch.no_grad()
    def forward(self, clips: Tensor, tracks: Tensor) -> tuple[Tensor]:
        """Return the keypoints of every frame.

        Args:
            clips: (M, 3, T, S, S) float in [-1, 1], S even, 256 or more: the first look is at the
                middle 256 pixels, the second may reach beyond them.
            tracks: (M, T, 4) float xyxy, the boxes that the crops surround.

        Returns:
            One map, (M, 199, T, 1, 1) float32: see ``VALUES`` and ``CHANNELS``.
        """
        count, _, num_frames = clips.shape[:3]
        crops = clips.float().transpose(1, 2).flatten(0, 1)
        crops = torch.add(crops, 1).div_(2).clamp_(0, 1)
        width, height = (tracks[..., 2:] - tracks[..., :2]).flatten(0, 1).unbind(dim=-1)
        found = self._find(crops, ratios=height / width.clamp(min=1e-6))
        keypoints = found.points[:, :NUM_KEYPOINTS] / crops.shape[-1]
        marks = torch.cat((keypoints, found.seen[..., None], found.metric), dim=2)
        values = torch.cat((marks.flatten(1), found.body[:, None]), dim=1).to(clips.device)
        return (values.reshape(count, num_frames, CHANNELS, 1, 1).transpose(1, 2),)

    def _find(self, crops: Tensor, *, ratios: Tensor) -> PoseFinds:
        """Find keypoints in crops (P, 3, S, S) in [0, 1] of boxes with ratios (P,) of height."""
        size, ratios = crops.shape[-1], ratios.cpu()
        margin = (size - INPUT_PX) // 2
        squares = [crops[:, :, margin : size - margin, margin : size - margin]]
        looks = [Looks.middle(len(crops), size)]
        wide = (ratios < UPRIGHT).nonzero()[:, 0]
        if len(wide):
            looks += [Looks.middle(len(wide), size, angle) for angle in (math.pi / 2, -math.pi / 2)]
            squares += [look.cut(crops[wide]) for look in looks[1:]]
        # All in one batch.
        finds = self._run(torch.cat(squares))
        upright = finds.of(torch.arange(len(crops)))
        found = looks[0].in_crop(upright)
        needs_second = (ratios < STRAIGHT) | ~upright.stands_straight()
        for number, look in enumerate(looks[1:]):
            start = len(crops) + number * len(wide)
            turned = look.in_crop(finds.of(torch.arange(start, start + len(wide))))
            better = turned.confidence() > found.of(wide).confidence()
            found = found.replaced(wide[better], turned.of(better))
        again = needs_second.nonzero()[:, 0]
        if len(again):
            look = aligned(found.of(again))
            found = found.replaced(again, look.in_crop(self._run(look.cut(crops[again]))))
        return found

    def _run(self, crops: Tensor) -> PoseFinds:
        """Run the network on crops (P, 3, 256, 256) in [0, 1]; its points are in their pixels."""
        network = self._network or self._open(crops.device)
        (found,) = network(crops.cpu().contiguous().numpy())
        marks, body, world = torch.from_numpy(found).float().split(WIDTHS, dim=1)
        marks = marks.unflatten(1, (GIVEN_POINTS, 5))
        return PoseFinds(
            points=marks[..., :2],
            seen=marks[:, :NUM_KEYPOINTS, 3].sigmoid(),
            metric=world.unflatten(1, (GIVEN_POINTS, 3))[:, :NUM_KEYPOINTS],
            body=body[:, 0],
        )

    def _open(self, device: torch.device) -> Network:
        if self.weights is None:
            raise InputError(
                "BlazePose has no weights. Build the model with stad.zoo, or pass the path of "
                "pose_landmark_full.tflite as weights."
            )
        path = Path(self.weights() if callable(self.weights) else self.weights)
        network = _Network(open_tflite(path, OUTPUTS), _Joined()).eval()
        self._network = self.open_network(network.to(device), name="BlazePose")
        return self._network


class _Network(nn.Sequential):
    """BlazePose, and an input to convert it for, (C, H, W)."""

    example_shapes = ((3, INPUT_PX, INPUT_PX),)


class _Joined(nn.Module):
    """Joins outputs (N, C_i) to one, (N, C).

    Alone, a probability near 0 would count as different between libraries for a tiny difference.
    """

    def forward(self, parts: tuple[Tensor, ...]) -> Tensor:
        """Join the outputs."""
        return torch.cat(parts, dim=1)
