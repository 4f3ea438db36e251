"""Frames as they come from the decoder -> the normalised clips that the networks take."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmengine.model import BaseDataPreprocessor
from torch import Tensor

from stad.registry import MODELS
from stad.video.optical_flow import FLOW_CHANNELS, STILL, UNIT, append_flow


@MODELS.register_module()
class ClipPreprocessor(BaseDataPreprocessor):
    """Subtracts a mean and divides by a deviation, per colour channel.

    Args:
        mean: three numbers in 0-255 units, in the order R, G, B.
        std: three numbers above 0, same units and order.
        with_flow: whether two more channels follow the colours, optical flow in [-1, 1]: to the
            right, down, see ``append_flow``. Clips that come without are given theirs here;
            ``collate_with_flow`` does it in the processes of the data loader.
    """

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
        # Not persistent: a checkpoint holds what was learnt, the config holds these.
        shape = (len(mean), 1, 1, 1)
        self.register_buffer("mean", torch.tensor(mean).float().reshape(shape), persistent=False)
        self.register_buffer("std", torch.tensor(std).float().reshape(shape), persistent=False)

    @property
    def num_channels(self) -> int:
        """Channels of the clips that the networks take: 3, or 5 with flow."""
        return len(self.mean)

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
