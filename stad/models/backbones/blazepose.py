"""Body keypoints of one person per crop: BlazePose with its published weights.

Bazarevsky et al., "BlazePose: On-device Real-time Body Pose tracking", CVPR workshops 2020;
Grishchenko et al., "BlazePose GHUM Holistic", CVPR workshops 2022, for the metric keypoints.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from stad.errors import InputError
from stad.models.backbones.tflite import open_tflite
from stad.models.base import TrackBackbone
from stad.registry import MODELS
from stad.utils.networks import Network

NUM_KEYPOINTS = 33
# Of each keypoint: x and y in crop sides (0-1), the probability that it is visible (0-1), and
# x, y, z in metres from the middle of the hips, axes as in the image: y down, z away from the
# camera.
VALUES = 6
# After the keypoints: the probability that a body is in the crop (0-1).
CHANNELS = NUM_KEYPOINTS * VALUES + 1
INPUT_PX = 256
# A box whose height is below this many widths may show a lying person.
UPRIGHT = 1.3
TORSO = (11, 12, 23, 24)
# Keypoints in the crop, probability of a body, metric keypoints.
OUTPUTS = ("Identity", "Identity_1", "Identity_4")
# The network gives 39 keypoints; the last six only steer its own tracking.
GIVEN_KEYPOINTS = 39
WIDTHS = (GIVEN_KEYPOINTS * 5, 1, GIVEN_KEYPOINTS * 3)


@MODELS.register_module()
class BlazePose(TrackBackbone):
    """Finds the keypoints of the person in each frame of each crop; frozen.

    The network was trained on upright people. The crop of a wide box is also run rotated by a
    quarter to either side, and the most confident answer is kept, rotated back.

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
            clips: (M, 3, T, 256, 256) float in [-1, 1].
            tracks: (M, T, 4) float xyxy, the boxes that the crops surround.

        Returns:
            One map, (M, 199, T, 1, 1) float32: see ``VALUES`` and ``CHANNELS``.
        """
        count, _, num_frames = clips.shape[:3]
        crops = clips.float().transpose(1, 2).flatten(0, 1)
        crops = torch.add(crops, 1).div_(2).clamp_(0, 1)
        width, height = (tracks[..., 2:] - tracks[..., :2]).unbind(dim=-1)
        lying = (height < UPRIGHT * width).reshape(-1).tolist()
        found = torch.from_numpy(self._find(crops, lying)).to(clips.device)
        return (found.reshape(count, num_frames, CHANNELS, 1, 1).transpose(1, 2),)

    def _find(self, crops: Tensor, lying: list[bool]) -> np.ndarray:
        """Find keypoints in crops (P, 3, 256, 256) in [0, 1]: (P, CHANNELS) float32."""
        sides = [(i, quarter) for i, flag in enumerate(lying) if flag for quarter in (1, 3)]
        rotated = [torch.rot90(crops[i], quarter, (1, 2)) for i, quarter in sides]
        values = self._run(torch.cat((crops, torch.stack(rotated))) if rotated else crops)
        found = values[: len(crops)]
        for (i, quarter), turned in zip(sides, values[len(crops) :], strict=True):
            back = turn_back(turned, quarter)
            if confidence(back) > confidence(found[i]):
                found[i] = back
        return found

    def _run(self, crops: Tensor) -> np.ndarray:
        """Run the network on crops (P, 3, 256, 256) in [0, 1]: (P, CHANNELS) float32."""
        network = self._network or self._open(crops.device)
        (found,) = network(crops.cpu().contiguous().numpy())
        marks, body, world = np.split(found, np.cumsum(WIDTHS)[:-1], axis=1)
        marks = marks.reshape(-1, GIVEN_KEYPOINTS, 5)[:, :NUM_KEYPOINTS]
        world = world.reshape(-1, GIVEN_KEYPOINTS, 3)[:, :NUM_KEYPOINTS]
        seen = 1 / (1 + np.exp(-marks[..., 3:4].clip(-30, 30)))
        values = np.concatenate((marks[..., :2] / INPUT_PX, seen, world), axis=2)
        return np.concatenate((values.reshape(len(marks), -1), body), axis=1, dtype=np.float32)

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


def turn_back(values: np.ndarray, quarters: int) -> np.ndarray:
    """Rotate keypoints, found in an image that ``np.rot90`` rotated, back to the image itself.

    Args:
        values: (CHANNELS,) float32.
        quarters: quarter turns, as ``np.rot90`` counts them: 0, 1 or 3.

    Returns:
        (CHANNELS,) float32.
    """
    if quarters == 0:
        return values
    turned = values.copy()
    marks = turned[:-1].reshape(NUM_KEYPOINTS, VALUES)
    x, y = marks[:, 0].copy(), marks[:, 1].copy()
    metric_x, metric_y = marks[:, 3].copy(), marks[:, 4].copy()
    # rot90 rotates anticlockwise: the right side becomes the top.
    if quarters == 1:
        marks[:, 0], marks[:, 1] = 1 - y, x
        marks[:, 3], marks[:, 4] = -metric_y, metric_x
    else:
        marks[:, 0], marks[:, 1] = y, 1 - x
        marks[:, 3], marks[:, 4] = metric_y, -metric_x
    return turned


def confidence(values: np.ndarray) -> float:
    """Return the confidence of a find (CHANNELS,): that of the body times that of its torso."""
    marks = values[:-1].reshape(NUM_KEYPOINTS, VALUES)
    return float(values[-1] * marks[list(TORSO), 2].mean())
