"""Frames as the decoder gives them become the normalised clips that the networks take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.model import BaseDataPreprocessor
from torch import Tensor

from stad.models.checks import is_skeleton_batch
from stad.registry import MODELS
from stad.video.optical_flow import FLOW_CHANNELS, STILL, UNIT, append_flow


@MODELS.register_module()
class ClipPreprocessor(BaseDataPreprocessor):
    """Subtracts a mean and divides by a deviation, per colour channel.

    Args:
        mean: three numbers in 0-255 units, in the order R, G, B.
        std: three numbers above 0, same units and order.
        with_flow: add two channels after the colours, optical flow in [-1, 1]: to the right,
            down, see ``append_flow``. It is computed here for clips without it;
            ``collate_with_flow`` computes it in the processes of the data loader.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self, mean: Sequence[float], std: Sequence[float], *, with_flow: bool = False
    ) -> None:
        super().__init__()
        if len(mean) != 3 or len(std) != 3 or min(std) <= 0:
            raise ValueError(
                f"mean and std need three channels each and std above 0, got {mean} and {std}"
            )
        self._with_flow = with_flow
        if with_flow:
            mean, std = [*mean, *[STILL] * FLOW_CHANNELS], [*std, *[UNIT] * FLOW_CHANNELS]
        # Not persistent: checkpoints hold what is learnt, the config holds these.
        shape = (len(mean), 1, 1, 1)
        self.register_buffer("mean", torch.tensor(mean).float().reshape(shape), persistent=False)
        self.register_buffer("std", torch.tensor(std).float().reshape(shape), persistent=False)

    @property
    def num_channels(self) -> int:
        """Channels of the clips that the networks take: 3, or 5 with flow."""
        return len(self.mean)

    def forward(self, data: dict, training: bool = False) -> dict:
        """Move a batch of the data loader to the model's device and normalise its clips.

        mmengine calls this in ``train_step``, ``val_step`` and ``test_step``, and hands the
        result to the model's ``forward``.

        Args:
            data: 'inputs', clips as in ``normalise``, and 'data_samples'. With samples of the
                type ``SkeletonSample`` the inputs are maps of a backbone, and stay as they are.
            training: not used; both are treated alike.

        Returns:
            The same keys; 'inputs' (N, num_channels, T, H, W) float32.

        Raises:
            ValueError: clips of another shape or type.
        """
        batch: dict[str, Any] = {key: self.cast_data(value) for key, value in data.items()}
        if not is_skeleton_batch(batch.get("data_samples")):
            batch["inputs"] = self.normalise(batch["inputs"])
        return batch

    def normalise(self, clips: Tensor) -> Tensor:
        """Bring clips to the layout, range and device of the model.

        Args:
            clips: (N, T, H, W, 3) uint8 RGB, on any device; with flow, (N, T, H, W, 5) too.

        Returns:
            (N, num_channels, T, H, W) float32 on the device of this module.

        Raises:
            ValueError: another shape or type.
        """
        if self._with_flow and clips.ndim == 5 and clips.shape[-1] == self.num_channels:
            return self._scale(clips)
        if clips.ndim != 5 or clips.shape[-1] != 3 or clips.dtype != torch.uint8:
            raise ValueError(
                "clips must be (N, T, H, W, 3) uint8 RGB, "
                f"got {tuple(clips.shape)} {str(clips.dtype).removeprefix('torch.')}"
            )
        if self._with_flow:
            clips = torch.from_numpy(append_flow(clips.cpu().numpy()))
        return self._scale(clips)

    def _scale(self, clips: Tensor) -> Tensor:
        # A permuted view would keep channels-last strides, which 3D convolutions run slower on.
        clips = clips.to(self.mean.device).permute(0, 4, 1, 2, 3)
        clips = clips.to(torch.float32, memory_format=torch.contiguous_format)
        return clips.sub_(self.mean).div_(self.std)
