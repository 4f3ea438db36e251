"""ACRN: relates each actor's feature to every place of the scene.

Sun et al., "Actor-Centric Relation Network", ECCV 2018, section 3.2.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stad.models.backbones.residual import conv_bn
from stad.registry import MODELS


@MODELS.register_module()
class ACRN(nn.Module):
    """Tiles the actor over the scene, then a 1x1 and ``num_convs`` 3x3 convolutions.

    Args:
        in_channels: channels of the actor and the scene together.
        out_channels: channels of the result.
        num_convs: number of 3x3 convolutions, 1 or more.
    """

    def __init__(self, in_channels: int, out_channels: int, *, num_convs: int = 1) -> None:
        super().__init__()
        if num_convs < 1:
            raise ValueError(f"ACRN needs num_convs of 1 or more, got {num_convs}")
        self.out_channels = out_channels
        self.conv1 = conv_bn(in_channels, out_channels, kernel=(1, 1, 1))
        self.conv2 = conv_bn(out_channels, out_channels, kernel=(1, 3, 3))
        self.convs = nn.ModuleList(
            conv_bn(out_channels, out_channels, kernel=(1, 3, 3)) for _ in range(num_convs - 1)
        )

    def forward(self, actors: Tensor, scenes: Tensor) -> Tensor:
        """Relate each actor to its scene.

        Args:
            actors: (K, C1, h, w) float, the regions of the actors.
            scenes: (K, C2, H, W) float, for each actor the map of its clip.

        Returns:
            (K, out_channels, H, W).
        """
        tiled = actors.amax(dim=(2, 3), keepdim=True).expand(
            -1, -1, scenes.shape[2], scenes.shape[3]
        )
        # The published weights belong to 3D convolutions: time is a dimension of size 1.
        x = self.conv2(self.conv1(torch.cat((tiled, scenes), dim=1).unsqueeze(2)))
        for conv in self.convs:
            x = conv(x)
        return x.squeeze(2)
