"""SlowFast: a slow pathway for what is seen, a light fast one for motion, laterals between.

Feichtenhofer et al., "SlowFast Networks for Video Recognition", ICCV 2019, section 3.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from torch import Tensor, nn

from stad.models.backbones.resnet3d import NUM_STAGES, ResNet3d
from stad.registry import MODELS

SLOW_SAMPLINGS = ("strided", "linspace")
# In front of stage 1, 2, 3 and 4; the names are those of the published checkpoints.
LATERAL_NAMES = ("conv1_lateral", "layer1_lateral", "layer2_lateral", "layer3_lateral")


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


def make_lateral(
    in_channels: int, out_channels: int, *, kernel: int, alpha: int, norm: bool
) -> ConvModule:
    """Time-strided convolution from fast to slow (section 3.4, variant iii).

    Args:
        in_channels, out_channels: of the fast map, and of what joins the slow one.
        kernel: size in time, odd.
        alpha: stride in time.
        norm: whether batch norm and ReLU follow.
    """
    return ConvModule(
        in_channels,
        out_channels,
        (kernel, 1, 1),
        stride=(alpha, 1, 1),
        padding=(kernel // 2, 0, 0),
        bias=False,
        conv_cfg={"type": "Conv3d"},
        norm_cfg={"type": "BN3d"} if norm else None,
        act_cfg={"type": "ReLU", "inplace": True} if norm else None,
    )


class SlowPathway(ResNet3d):
    """The slow pathway with the lateral connections that feed it, before stages 1 to 4.

    Args:
        fast_channels: of the fast map in front of each stage; a lateral gives twice as many,
            the paper's 2 * beta * C.
        alpha, lateral_kernel, lateral_norm: of ``make_lateral``.
        options: of ``ResNet3d``.
    """

    def __init__(
        self,
        fast_channels: Sequence[int],
        *,
        alpha: int,
        lateral_kernel: int,
        lateral_norm: bool,
        **options,
    ) -> None:
        super().__init__(lateral_channels=[2 * channels for channels in fast_channels], **options)
        for name, channels in zip(LATERAL_NAMES, fast_channels, strict=True):
            lateral = make_lateral(
                channels, 2 * channels, kernel=lateral_kernel, alpha=alpha, norm=lateral_norm
            )
            self.add_module(name, lateral)
        self._freeze()

    def lateral(self, stage: int) -> nn.Module:
        """The connection in front of the stage with this index, 0 to 3."""
        return getattr(self, LATERAL_NAMES[stage])

    def frozen_modules(self) -> list[nn.Module]:
        """As in ``ResNet3d``, with the laterals that feed the frozen stages."""
        # ResNet3d asks before the laterals are there; __init__ asks again once they are.
        laterals = [self._modules[name] for name in LATERAL_NAMES if name in self._modules]
        return super().frozen_modules() + laterals[: max(self._frozen_stages, 0)]


def _check_sampling(sampling: str) -> None:
    if sampling not in SLOW_SAMPLINGS:
        raise ValueError(f"slow_sampling is one of {SLOW_SAMPLINGS}, got {sampling!r}")


@MODELS.register_module()
class SlowFast(BaseModule):
    """Two ResNets at two frame rates.

    Args:
        depth: of both pathways: 50, 101 or 152 (18 and 34 work too).
        alpha: fast frames per slow frame.
        beta_inverse: how many times fewer channels the fast pathway has (1 / beta).
        base_channels: stem outputs of the slow pathway.
        lateral_kernel: size in time of the lateral convolutions, odd.
        lateral_norm: batch norm and ReLU after them, as PySlowFast has it.
        slow_sampling: 'strided' or 'linspace', see ``slow_frame_indices``.
        fast_interval_frames: the fast pathway sees every so many frames of the clip.
        spatial_strides, dilations: per stage, of both pathways.
        frozen_stages, norm_eval, with_checkpoint: of both pathways, see ``ResNet3d``.
        init_cfg: mmengine's initialisation.
    """

    def __init__(
        self,
        depth: int = 50,
        *,
        alpha: int = 8,
        beta_inverse: int = 8,
        base_channels: int = 64,
        lateral_kernel: int = 5,
        lateral_norm: bool = False,
        slow_sampling: str = "strided",
        fast_interval_frames: int = 1,
        spatial_strides: Sequence[int] = (1, 2, 2, 2),
        dilations: Sequence[int] = (1, 1, 1, 1),
        frozen_stages: int = -1,
        norm_eval: bool = False,
        with_checkpoint: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        _check_sampling(slow_sampling)
        self._alpha, self._slow_sampling = alpha, slow_sampling
        self._fast_interval_frames = fast_interval_frames
        shared = {
            "depth": depth,
            "spatial_strides": spatial_strides,
            "dilations": dilations,
            "frozen_stages": frozen_stages,
            "norm_eval": norm_eval,
            "with_checkpoint": with_checkpoint,
        }
        self.fast_path = ResNet3d(
            base_channels=base_channels // beta_inverse,
            conv1_kernel=(5, 7, 7),
            inflate=(1, 1, 1, 1),
            **shared,
        )
        lateral = {"alpha": alpha, "lateral_kernel": lateral_kernel, "lateral_norm": lateral_norm}
        self.slow_path = SlowPathway(
            self.fast_path.stage_inputs, base_channels=base_channels, **lateral, **shared
        )

    def forward(self, clips: Tensor) -> tuple[Tensor, Tensor]:
        """Features of clips, slow and fast.

        Args:
            clips: (N, 3, T, H, W) float, normalised; T / fast_interval_frames is a multiple of
                alpha.

        Returns:
            (N, C, T / alpha, H/s, W/s) and (N, C / beta_inverse, T, H/s, W/s); C is 2048 at
            depth 50 and above, s is 4 * the product of the strides.

        Raises:
            ValueError: a number of frames that alpha does not divide.
        """
        fast = clips[:, :, :: self._fast_interval_frames]
        indices = slow_frame_indices(fast.shape[2], self._alpha, self._slow_sampling)
        slow = self.slow_path.stem(fast[:, :, indices.to(fast.device)])
        fast = self.fast_path.stem(fast)
        for i in range(NUM_STAGES):
            slow = torch.cat((slow, self.slow_path.lateral(i)(fast)), dim=1)
            slow = self.slow_path.stage(i)(slow)
            fast = self.fast_path.stage(i)(fast)
        return slow, fast
