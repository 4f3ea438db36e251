"""Lateral connections of SlowFast: how the fast pathway feeds the slow one.

Feichtenhofer et al., "SlowFast Networks for Video Recognition", ICCV 2019, section 3.4 and the
ablation of table 5a.
"""

from __future__ import annotations

from typing import Any

import torch
from mmcv.cnn import ConvModule
from torch import Tensor, nn

from stad.models.gap_convs import close_gaps

SLOW_SAMPLINGS = ("strided", "linspace")
LATERALS = (
    "none",
    "time_to_channel_sum",
    "time_to_channel_concat",
    "time_strided_sampling",
    "time_strided_conv",
)


def check_lateral(kind: str) -> None:
    """Raise ValueError unless ``kind`` is one of ``LATERALS``."""
    if kind not in LATERALS:
        raise ValueError(f"lateral must be one of {', '.join(LATERALS)}, got {kind!r}")


def check_sampling(sampling: str) -> None:
    """Raise ValueError unless ``sampling`` is one of ``SLOW_SAMPLINGS``."""
    if sampling not in SLOW_SAMPLINGS:
        raise ValueError(f"slow_sampling must be one of {SLOW_SAMPLINGS}, got {sampling!r}")


def slow_frame_indices(num_frames: int, alpha: int, sampling: str) -> Tensor:
    """Return which frames of the fast pathway the slow one sees.

    Args:
        num_frames: frames of the fast pathway, a multiple of ``alpha``.
        alpha: fast frames per slow frame.
        sampling: 'strided', every alpha-th from the first (mmaction2), or 'linspace', evenly
            from the first to the last, rounded down (PySlowFast, PyTorchVideo).

    Returns:
        (num_frames // alpha,) int64.

    Raises:
        ValueError: ``alpha`` does not divide the number of frames.

    >>> slow_frame_indices(32, 8, "strided").tolist()
    [0, 8, 16, 24]
    >>> slow_frame_indices(32, 8, "linspace").tolist()
    [0, 10, 20, 31]
    """
    # A traced graph has one number of frames: a number of its own would be rounded otherwise.
    num_frames = int(num_frames)
    if num_frames < alpha or num_frames % alpha:
        raise ValueError(
            f"SlowFast with alpha {alpha} needs a multiple of {alpha} frames, got {num_frames}"
        )
    if sampling == "strided":
        return torch.arange(0, num_frames, alpha)
    # In float32, as in the published networks: the rounding decides which frame is taken.
    return torch.linspace(0, num_frames - 1, num_frames // alpha).long()


class TimeToChannel(nn.Module):
    """Merges every ``alpha`` frames into one, with their channels one after the other.

    Args:
        alpha: number of frames that become one.
    """

    def __init__(self, alpha: int) -> None:
        super().__init__()
        self._alpha = alpha

    def forward(self, fast: Tensor) -> Tensor:
        """Merge (N, C, alpha * T, H, W) into (N, alpha * C, T, H, W)."""
        groups = fast.unflatten(2, (-1, self._alpha))
        return groups.permute(0, 3, 1, 2, 4, 5).flatten(1, 2)


class TimeStridedSampling(nn.Module):
    """Takes only the frames that the slow pathway sees.

    Args:
        alpha: of ``slow_frame_indices``.
        sampling: of ``slow_frame_indices``.
    """

    def __init__(self, alpha: int, sampling: str) -> None:
        super().__init__()
        self._alpha, self._sampling = alpha, sampling

    def forward(self, fast: Tensor) -> Tensor:
        """Take the T frames (N, C, T, H, W) out of (N, C, alpha * T, H, W)."""
        indices = slow_frame_indices(fast.shape[2], self._alpha, self._sampling)
        return fast[:, :, indices.to(fast.device)]


def make_lateral(
    kind: str, channels: int, *, alpha: int, sampling: str, kernel: int, norm: bool
) -> nn.Module | None:
    """Build a lateral connection; None for the kind 'none'.

    Args:
        kind: one of ``LATERALS``.
        channels: channels of the fast map, the paper's beta * C.
        alpha: fast frames per slow frame.
        sampling: see ``slow_frame_indices``.
        kernel: size in time of a convolution, odd.
        norm: whether batch norm and ReLU follow a convolution.
    """
    if kind == "none":
        return None
    if kind == "time_strided_sampling":
        return TimeStridedSampling(alpha, sampling)
    if kind != "time_strided_conv":
        return TimeToChannel(alpha)
    # mmcv's annotations know pairs of sizes only.
    options: dict[str, Any] = {
        "kernel_size": (kernel, 1, 1),
        "stride": (alpha, 1, 1),
        "padding": (kernel // 2, 0, 0),
        "conv_cfg": {"type": "Conv3d"},
        "norm_cfg": {"type": "BN3d"} if norm else None,
        "act_cfg": {"type": "ReLU", "inplace": True} if norm else None,
    }
    return close_gaps(ConvModule(channels, 2 * channels, bias=False, **options))


def concatenated_channels(kind: str, channels: int, *, alpha: int) -> int:
    """Return how many channels a connection adds to the slow map; a sum adds none.

    Args:
        kind: one of ``LATERALS``.
        channels: channels of the fast map.
        alpha: fast frames per slow frame.
    """
    factors = {
        "time_to_channel_concat": alpha,
        "time_strided_sampling": 1,
        "time_strided_conv": 2,
    }
    return factors.get(kind, 0) * channels
