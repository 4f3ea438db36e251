"""Body keypoints of one person per crop: BlazePose with its published weights, run by LiteRT.

Bazarevsky et al., "BlazePose: On-device Real-time Body Pose tracking", CVPR workshops 2020;
Grishchenko et al., "BlazePose GHUM Holistic", CVPR workshops 2022, for the metric keypoints.
"""

from __future__ import annotations

import contextlib
import os
import sys
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from stad.errors import InputError
from stad.models.base import TrackBackbone
from stad.registry import MODELS

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
OUTPUTS = ("Identity", "Identity_1", "Identity_4")
# The network gives 39 keypoints; the last six only steer its own tracking.
GIVEN_KEYPOINTS = 39


@MODELS.register_module()
class BlazePose(TrackBackbone):
    """Finds the keypoints of the person in each frame of each crop; frozen, on the CPU.

    The network was trained on upright people. The crop of a wide box is also run rotated by a
    quarter to either side, and the most confident answer is kept, rotated back. Windows overlap:
    crops that were run before are remembered.

    Args:
        weights: path of ``pose_landmark_full.tflite``, or a function that returns it, called
            when the first crop comes.
        num_threads: crops that are run in parallel; None takes torch's number of threads.
        remembered: number of crops, the latest ones, whose keypoints are kept.
    """

    def __init__(
        self,
        weights: str | Path | Callable[[], Path] | None = None,
        *,
        num_threads: int | None = None,
        remembered: int = 512,
    ) -> None:
        super().__init__()
        self.weights = weights
        self._num_threads, self._remembered = num_threads, remembered
        self._runners: list[_Runner] = []
        self._known: OrderedDict[tuple[int, int], np.ndarray] = OrderedDict()

    def __getstate__(self) -> dict:
        # The runtime cannot be copied; it is opened again when needed.
        return {**self.__dict__, "_runners": [], "_known": OrderedDict()}

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
        crops = clips.float().permute(0, 2, 3, 4, 1).flatten(0, 1)
        crops = ((crops + 1) / 2).clamp_(0, 1).cpu().contiguous().numpy()
        width, height = (tracks[..., 2:] - tracks[..., :2]).unbind(dim=-1)
        lying = (height < UPRIGHT * width).reshape(-1).cpu().numpy()
        found = torch.from_numpy(self._find(crops, lying)).to(clips.device)
        return (found.reshape(count, num_frames, CHANNELS, 1, 1).transpose(1, 2),)

    def _find(self, crops: np.ndarray, lying: np.ndarray) -> np.ndarray:
        """Find keypoints in crops (P, 256, 256, 3) float32 in [0, 1]: (P, CHANNELS) float32."""
        keys = [(zlib.crc32(one), int(flag)) for one, flag in zip(crops, lying, strict=True)]
        new = list({key: i for i, key in enumerate(keys) if key not in self._known}.values())
        turns = [(i, quarter) for i in new for quarter in ((0, 1, 3) if lying[i] else (0,))]
        found: dict[int, np.ndarray] = {}
        views = [np.rot90(crops[i], quarter) for i, quarter in turns]
        for (i, quarter), values in zip(turns, self._run(views), strict=True):
            values = turn_back(values, quarter)
            if i not in found or confidence(values) > confidence(found[i]):
                found[i] = values
        for i, values in found.items():
            self._known[keys[i]] = values
        result = np.stack([self._known[key] for key in keys])
        while len(self._known) > self._remembered:
            self._known.popitem(last=False)
        return result

    def _run(self, views: list[np.ndarray]) -> list[np.ndarray]:
        """Run one crop at a time per thread: faster than batches with all threads in each."""
        if not self._runners:
            count = self._num_threads or torch.get_num_threads()
            if self.weights is None:
                raise InputError(
                    "BlazePose has no weights. Build the model with stad.zoo, or pass the path of "
                    "pose_landmark_full.tflite as weights."
                )
            path = Path(self.weights() if callable(self.weights) else self.weights)
            self._runners = [_Runner(path) for _ in range(count)]
        count = len(self._runners)
        with ThreadPoolExecutor(count) as pool:
            parts = pool.map(_Runner.run, self._runners, [views[i::count] for i in range(count)])
        found = [np.empty(0, np.float32)] * len(views)
        for i, part in enumerate(parts):
            found[i::count] = part
        return found


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Keep the runtime's own messages off the screen."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as sink:
            os.dup2(sink.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


class _Runner:
    """Runs the network in one thread."""

    def __init__(self, path: Path) -> None:
        # Here, because the runtime takes half a second to import.
        from ai_edge_litert.interpreter import Interpreter

        with _silent():
            self._network = Interpreter(str(path), num_threads=1)
            self._network.allocate_tensors()
        self._input = self._network.get_input_details()[0]["index"]
        names = {one["name"]: one["index"] for one in self._network.get_output_details()}
        self._outputs = [names[name] for name in OUTPUTS]

    def run(self, crops: list[np.ndarray]) -> list[np.ndarray]:
        """Run crops (256, 256, 3) float32 in [0, 1] each: (CHANNELS,) float32 each."""
        return [self._run_one(one) for one in crops]

    def _run_one(self, crop: np.ndarray) -> np.ndarray:
        self._network.set_tensor(self._input, np.ascontiguousarray(crop[None]))
        self._network.invoke()
        marks, body, world = (self._network.get_tensor(index) for index in self._outputs)
        marks = marks.reshape(GIVEN_KEYPOINTS, 5)[:NUM_KEYPOINTS]
        world = world.reshape(GIVEN_KEYPOINTS, 3)[:NUM_KEYPOINTS]
        seen = 1 / (1 + np.exp(-marks[:, 3:4].clip(-30, 30)))
        values = np.concatenate((marks[:, :2] / INPUT_PX, seen, world), axis=1)
        return np.append(values.reshape(-1), body.reshape(1)).astype(np.float32)


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
