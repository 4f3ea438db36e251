"""The two pathways of SlowFast; the slow one holds the lateral connections that feed it.

Feichtenhofer et al., "SlowFast Networks for Video Recognition", ICCV 2019, section 3.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stad.models.backbones.fast_input import FAST_INPUTS, check_fast_input
from stad.models.backbones.laterals import (
    check_lateral,
    check_sampling,
    concatenated_channels,
    make_lateral,
)
from stad.models.backbones.resnet3d import ResNet3d

# Before stage 1, 2, 3 and 4; the names of the published checkpoints.
LATERAL_NAMES = ("conv1_lateral", "layer1_lateral", "layer2_lateral", "layer3_lateral")


def resize_maps(x: Tensor, like: Tensor) -> Tensor:
    """Resize maps (N, C, T, h, w) to the height and width of ``like``, nearest place."""
    # Not a slice of the shape: a graph that is traced would keep its numbers.
    size = (x.shape[2], like.shape[3], like.shape[4])
    if (x.shape[2], x.shape[3], x.shape[4]) == size:
        return x
    return F.interpolate(x, size=size, mode="nearest")


def make_fast_pathway(kind: str, base_channels: int, **options) -> ResNet3d:
    """Build the fast pathway: it sees neighbouring frames in every block.

    Args:
        kind: its input, one of ``FAST_INPUTS``.
        base_channels: outputs of its stem.
        options: of ``ResNet3d``.
    """
    check_fast_input(kind)
    return ResNet3d(
        in_channels=FAST_INPUTS[kind],
        base_channels=base_channels,
        conv1_kernel=(5, 7, 7),
        inflate=(1, 1, 1, 1),
        **options,
    )


class SlowPathway(ResNet3d):
    """The slow pathway with the lateral connections that feed it, before stages 1 to 4.

    Args:
        fast_channels: channels of the fast map before each stage.
        lateral: kind of the connections, one of ``LATERALS``.
        alpha: of ``make_lateral``.
        sampling: of ``make_lateral``.
        lateral_kernel: ``kernel`` of ``make_lateral``.
        lateral_norm: ``norm`` of ``make_lateral``.
        options: of ``ResNet3d``.

    Raises:
        ValueError: an unknown kind, or a sum of maps of different numbers of channels.
    """

    def __init__(
        self,
        fast_channels: Sequence[int],
        *,
        lateral: str,
        alpha: int,
        sampling: str,
        lateral_kernel: int,
        lateral_norm: bool,
        **options,
    ) -> None:
        check_lateral(lateral)
        check_sampling(sampling)
        added = [concatenated_channels(lateral, one, alpha=alpha) for one in fast_channels]
        super().__init__(lateral_channels=added, **options)
        self._sums = lateral == "time_to_channel_sum"
        if self._sums and [alpha * one for one in fast_channels] != self.stage_inputs:
            raise ValueError(
                "lateral 'time_to_channel_sum' needs beta_inverse to be alpha, and alpha to divide "
                f"base_channels: with alpha {alpha} it would add maps of "
                f"{alpha * fast_channels[0]} and of {self.stage_inputs[0]} channels"
            )
        for name, channels in zip(LATERAL_NAMES, fast_channels, strict=True):
            connection = make_lateral(
                lateral,
                channels,
                alpha=alpha,
                sampling=sampling,
                kernel=lateral_kernel,
                norm=lateral_norm,
            )
            self.add_module(name, connection)
        self._freeze()

    def lateral(self, stage: int) -> nn.Module | None:
        """Return the connection before the stage with this index, 0 to 3; None without one."""
        return getattr(self, LATERAL_NAMES[stage])

    def fuse(self, stage: int, slow: Tensor, fast: Tensor) -> Tensor:
        """Return the input of a stage: the slow map with the lateral of the fast map.

        Args:
            stage: index of the stage, 0 to 3.
            slow: (N, C, T, H, W).
            fast: (N, C', alpha * T, H, W); smaller maps are resized.

        Returns:
            (N, C'', T, H, W).
        """
        connection = self.lateral(stage)
        if connection is None:
            return slow
        added = resize_maps(connection(fast), slow)
        return slow + added if self._sums else torch.cat((slow, added), dim=1)

    def frozen_modules(self) -> list[nn.Module]:
        """Return the frozen modules, with the laterals that feed the frozen stages."""
        # ResNet3d calls this before the laterals exist; __init__ freezes again afterwards.
        laterals = [
            self._modules.get(name) for name in LATERAL_NAMES[: max(self._frozen_stages, 0)]
        ]
        return super().frozen_modules() + [one for one in laterals if one is not None]
