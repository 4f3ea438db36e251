"""Non-local blocks: every place of a clip sees all others.

Wang et al., "Non-local Neural Networks", CVPR 2018, section 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmcv.cnn import NonLocal3d
from torch import Tensor, nn

# How two places are compared. The scaled kind divides by the root of the channels.
NON_LOCAL_MODES = ("gaussian", "embedded_gaussian", "scaled_embedded_gaussian", "dot_product")


def check_non_local_mode(mode: str) -> None:
    """Raise ValueError unless ``mode`` is one of ``NON_LOCAL_MODES``."""
    if mode not in NON_LOCAL_MODES:
        raise ValueError(f"non_local_mode must be one of {NON_LOCAL_MODES}, got {mode!r}")


class NonLocal(NonLocal3d):
    """mmcv's non-local block, which a traced graph can run on maps of any size.

    Args:
        channels: of the maps.
        mode: how two places are compared, one of ``NON_LOCAL_MODES``.
        pool: (time, height, width) of a maximum over the map that the places are compared with,
            before its projections, as in PySlowFast. None takes it after them, over 2x2 places of
            a frame, as in mmaction2.

    Attributes:
        kind: the mode.

    Raises:
        ValueError: an unknown mode, or 'gaussian' with ``pool``.
    """

    def __init__(self, channels: int, *, mode: str, pool: Sequence[int] | None = None) -> None:
        check_non_local_mode(mode)
        if pool is not None and mode == "gaussian":
            raise ValueError("non_local_mode 'gaussian' has no non_local_pool")
        options: dict[str, Any] = {
            "mode": mode.removeprefix("scaled_"),
            "use_scale": mode.startswith("scaled_"),
            "sub_sample": pool is None,
            "norm_cfg": {"type": "BN3d"},
        }
        super().__init__(channels, **options)
        self.kind = mode
        self.pool = nn.Identity() if pool is None else nn.MaxPool3d(tuple(pool))

    def forward(self, x: Tensor) -> Tensor:
        """Let the places of clips (N, C, T, H, W) see each other; same shape."""
        one = (x if self.mode == "gaussian" else self.theta(x)).flatten(2).transpose(1, 2)
        seen = self.pool(x)
        other = self.phi(seen).flatten(2)
        weights = getattr(self, self.mode)(one, other)
        found = (weights @ self.g(seen).flatten(2).transpose(1, 2)).transpose(1, 2)
        return x + self.conv_out(found.reshape_as(x[:, : self.inter_channels]))
