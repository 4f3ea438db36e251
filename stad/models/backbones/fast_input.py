"""Inputs of the fast pathway of SlowFast: the whole clip, or a weaker form of its appearance.

Feichtenhofer et al., "SlowFast Networks for Video Recognition", ICCV 2019, table 5c. The paper's
GFLOPs show that its time difference has one channel, too: the difference of grayscale frames.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# Channels of each input.
FAST_INPUTS = {
    "rgb": 3,
    "half_resolution": 3,
    "grayscale": 1,
    "time_difference": 1,
    "optical_flow": 2,
}
# Weights of red, green and blue in the luma of ITU-R BT.601; their sum is 1.
LUMA = (0.299, 0.587, 0.114)
RGB_CHANNELS = 3


def check_fast_input(kind: str) -> None:
    """Raise ValueError unless ``kind`` is one of ``FAST_INPUTS``."""
    if kind not in FAST_INPUTS:
        raise ValueError(f"fast_input must be one of {', '.join(FAST_INPUTS)}, got {kind!r}")


def luma(clips: Tensor) -> Tensor:
    """Convert RGB clips (N, 3, T, H, W) float to luma (N, 1, T, H, W), in the same units."""
    weights = clips.new_tensor(LUMA).reshape(1, RGB_CHANNELS, 1, 1, 1)
    return (clips * weights).sum(dim=1, keepdim=True)


def make_fast_input(clips: Tensor, kind: str) -> Tensor:
    """Make the input of the fast pathway.

    Args:
        clips: (N, 3, T, H, W) float, normalised RGB; for 'optical_flow' (N, 5, T, H, W), the
            flow after the colours, as ``ClipPreprocessor`` gives it.
        kind: one of ``FAST_INPUTS``.

    Returns:
        (N, C, T, H, W), C as in ``FAST_INPUTS``; for 'half_resolution' (N, 3, T, H/2, W/2), the
        means of 2 x 2 pixels. A time difference is the one to the previous frame, 0 for the
        first frame.

    Raises:
        ValueError: 'optical_flow' of clips without flow.
    """
    if kind == "optical_flow":
        if clips.shape[1] != RGB_CHANNELS + FAST_INPUTS[kind]:
            raise ValueError(
                f"clips of {clips.shape[1]} channels have no optical flow: "
                "set data_preprocessor.with_flow=True"
            )
        return clips[:, RGB_CHANNELS:]
    if kind == "half_resolution":
        # torch cannot pool bfloat16 on a CPU.
        return F.avg_pool3d(clips.float(), (1, 2, 2)).to(clips.dtype)
    if kind == "grayscale":
        return luma(clips)
    if kind == "time_difference":
        gray = luma(clips)
        return gray - torch.cat((gray[:, :, :1], gray[:, :, :-1]), dim=2)
    return clips
