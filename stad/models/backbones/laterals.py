"""How the fast pathway of SlowFast feeds the slow one.

Feichtenhofer et al., "SlowFast Networks for Video Recognition", ICCV 2019, section 3.4 and the
ablation of table 5a.
"""

from __future__ import annotations

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
        raise ValueError(f"lateral is one of {', '.join(LATERALS)}, got {kind!r}")


def check_sampling(sampling: str) -> None:
    """Raise ValueError unless ``sampling`` is one of ``SLOW_SAMPLINGS``."""
    if sampling not in SLOW_SAMPLINGS:
        raise ValueError(f"slow_sampling is one of {SLOW_SAMPLINGS}, got {sampling!r}")


def slow_frame_indices(num_frames: int, alpha: int, sampling: str) -> Tensor:
    """Which frames of the fast pathway the slow one sees, (num_frames // alpha,) int64.

    Args:
        num_frames: frames of the fast pathway, a multiple of ``alpha``.
        alpha: how many times fewer frames the slow pathway has.
        sampling: 'strided', every alpha-th from the first (mmaction2), or 'linspace', evenly
            from the first to the last, rounded down (PySlowFast, PyTorchVideo).

    Raises:
        ValueError: a number of frames that ``alpha`` does not divide.

    >>> slow_frame_indices(32, 8, "strided").tolist()
    [0, 8, 16, 24]
    >>> slow_frame_indices(32, 8, "linspace").tolist()
    [0, 10, 20, 31]
    """
    if num_frames < alpha or num_frames % alpha:
        raise ValueError(
            f"SlowFast with alpha {alpha} takes a multiple of {alpha} frames, got {num_frames}"
        )
    if sampling == "strided":
        return torch.arange(0, num_frames, alpha)
    # In float32, as the published networks do it: the rounding decides which frame is taken.
    return torch.linspace(0, num_frames - 1, num_frames // alpha).long()


class TimeToChannel(nn.Module):
    """Each ``alpha`` frames become one, with their channels one after the other.

    Args:
        alpha: how many frames become one.
    """

    def __init__(self, alpha: int) -> None:
        super().__init__()
        self._alpha = alpha

    def forward(self, fast: Tensor) -> Tensor:
        """(N, C, alpha * T, H, W) -> (N, alpha * C, T, H, W)."""
        groups = fast.unflatten(2, (-1, self._alpha))
        return groups.permute(0, 3, 1, 2, 4, 5).flatten(1, 2)


class TimeStridedSampling(nn.Module):
    """The frames that the slow pathway sees, and no others.

    Args:
        alpha, sampling: of ``slow_frame_indices``.
    """

    def __init__(self, alpha: int, sampling: str) -> None:
        super().__init__()
        self._alpha, self._sampling = alpha, sampling

    def forward(self, fast: Tensor) -> Tensor:
        """(N, C, alpha * T, H, W) -> (N, C, T, H, W)."""
        indices = slow_frame_indices(fast.shape[2], self._alpha, self._sampling)
        return fast[:, :, indices.to(fast.device)]


def make_lateral(
    kind: str, channels: int, *, alpha: int, sampling: str, kernel: int, norm: bool
) -> nn.Module | None:
    """The connection of a kind; None where there is none.

    Args:
        kind: one of ``LATERALS``.
        channels: of the fast map, the paper's beta * C.
        alpha: how many times fewer frames the slow pathway has.
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
    return close_gaps(
        ConvModule(
            channels,
            2 * channels,
            (kernel, 1, 1),
            stride=(alpha, 1, 1),
            padding=(kernel // 2, 0, 0),
            bias=False,
            conv_cfg={"type": "Conv3d"},
            norm_cfg={"type": "BN3d"} if norm else None,
            act_cfg={"type": "ReLU", "inplace": True} if norm else None,
        )
    )


def concatenated_channels(kind: str, channels: int, *, alpha: int) -> int:
    """How many channels a connection adds to the slow map; a sum adds none.

    Args:
        kind: one of ``LATERALS``.
        channels: of the fast map.
        alpha: how many times fewer frames the slow pathway has.
    """
    factors = {
        "time_to_channel_concat": alpha,
        "time_strided_sampling": 1,
        "time_strided_conv": 2,
    }
    return factors.get(kind, 0) * channels
