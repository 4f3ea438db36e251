"""SlowFast: a slow pathway for appearance, a light fast one for motion, and their laterals.

Feichtenhofer et al., "SlowFast Networks for Video Recognition", ICCV 2019, section 3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from mmengine.model import BaseModule
from torch import Tensor

from stad.models.backbones.fast_input import RGB_CHANNELS, make_fast_input
from stad.models.backbones.laterals import slow_frame_indices
from stad.models.backbones.pathways import SlowPathway, make_fast_pathway, resize_maps
from stad.models.backbones.stages import NUM_STAGES
from stad.registry import MODELS


@MODELS.register_module()
class SlowFast(BaseModule):
    """Two ResNets at two frame rates.

    Args:
        depth: depth of the slow pathway: 50, 101 or 152 (18 and 34 work too).
        fast_depth: depth of the fast pathway; None is ``depth``.
        alpha: fast frames per slow frame.
        beta_inverse: how many times fewer channels the fast pathway has (1 / beta); the result
            is rounded up.
        base_channels: stem outputs of the slow pathway.
        lateral: how the fast pathway feeds the slow one: 'time_strided_conv', twice the
            channels; 'time_strided_sampling', the slow pathway's frames; 'time_to_channel_concat'
            and, if alpha * beta is 1, 'time_to_channel_sum', all frames stacked; 'none', not
            before the head.
        lateral_kernel: size in time of the lateral convolutions, odd.
        lateral_norm: add batch norm and ReLU after them, as in PySlowFast.
        slow_sampling: 'strided' or 'linspace', see ``slow_frame_indices``.
        fast_input: input of the fast pathway: 'rgb', 'half_resolution', 'grayscale',
            'time_difference' or 'optical_flow', see ``make_fast_input``.
        fast_interval_frames: the fast pathway sees every k-th frame of the clip, with this k.
        spatial_strides: per stage, of both pathways.
        dilations: per stage, of both pathways, in space.
        temporal_blocks: of both pathways, see ``ResNet3d``.
        non_local_blocks: of the slow pathway, see ``ResNet3d``.
        non_local_mode: of the slow pathway, see ``ResNet3d``.
        non_local_pool: of the slow pathway, see ``ResNet3d``.
        frozen_stages: of both pathways, see ``ResNet3d``.
        norm_eval: of both pathways, see ``ResNet3d``.
        with_checkpoint: of both pathways, see ``ResNet3d``.
        init_cfg: mmengine's initialisation.
    """

    def __init__(
        self,
        depth: int = 50,
        *,
        fast_depth: int | None = None,
        alpha: int = 8,
        beta_inverse: int = 8,
        base_channels: int = 64,
        lateral: str = "time_strided_conv",
        lateral_kernel: int = 5,
        lateral_norm: bool = False,
        slow_sampling: str = "strided",
        fast_input: str = "rgb",
        fast_interval_frames: int = 1,
        spatial_strides: Sequence[int] = (1, 2, 2, 2),
        dilations: Sequence[int] = (1, 1, 1, 1),
        temporal_blocks: Sequence[int | None] = (None, None, None, None),
        non_local_blocks: Sequence[Sequence[int]] = ((), (), (), ()),
        non_local_mode: str = "embedded_gaussian",
        non_local_pool: Sequence[int] | None = None,
        frozen_stages: int = -1,
        norm_eval: bool = False,
        with_checkpoint: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self._alpha, self._slow_sampling = alpha, slow_sampling
        self._fast_input, self._fast_interval_frames = fast_input, fast_interval_frames
        shared = {
            "spatial_strides": spatial_strides,
            "dilations": dilations,
            "temporal_blocks": temporal_blocks,
            "frozen_stages": frozen_stages,
            "norm_eval": norm_eval,
            "with_checkpoint": with_checkpoint,
        }
        fast_channels = math.ceil(base_channels / beta_inverse)
        self.fast_path = make_fast_pathway(
            fast_input, fast_channels, depth=fast_depth or depth, **shared
        )
        self.slow_path = SlowPathway(
            self.fast_path.stage_inputs,
            lateral=lateral,
            alpha=alpha,
            sampling=slow_sampling,
            lateral_kernel=lateral_kernel,
            lateral_norm=lateral_norm,
            depth=depth,
            base_channels=base_channels,
            non_local_blocks=non_local_blocks,
            non_local_mode=non_local_mode,
            non_local_pool=non_local_pool,
            **shared,
        )

    def forward(self, clips: Tensor) -> tuple[Tensor, Tensor]:
        """Return the slow and the fast features of clips.

        Args:
            clips: (N, 3, T, H, W) float, normalised, (N, 5, T, H, W) with optical flow;
                T / fast_interval_frames is a multiple of alpha.

        Returns:
            (N, C, T / alpha, H/s, W/s) and (N, C / beta_inverse, T, H/s, W/s); C is 2048 at
            depth 50 and above, s is 4 * the product of the strides.

        Raises:
            ValueError: alpha does not divide the number of frames, or optical flow is missing.
        """
        clips = clips[:, :, :: self._fast_interval_frames]
        indices = slow_frame_indices(clips.shape[2], self._alpha, self._slow_sampling)
        slow = self.slow_path.stem(clips[:, :RGB_CHANNELS, indices.to(clips.device)])
        fast = self.fast_path.stem(make_fast_input(clips, self._fast_input))
        for i in range(NUM_STAGES):
            slow = self.slow_path.stage(i)(self.slow_path.fuse(i, slow, fast))
            fast = self.fast_path.stage(i)(fast)
        return slow, resize_maps(fast, slow)
