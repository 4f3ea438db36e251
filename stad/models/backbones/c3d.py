"""C3D: eight layers of 3x3x3 convolutions, as deep in time as in space.

Tran et al., "Learning Spatiotemporal Features with 3D Convolutional Networks", ICCV 2015, figure 3.
"""

from __future__ import annotations

import torch.nn.functional as F
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from torch import Tensor, nn

from stad.models.pooling import average_cells
from stad.registry import MODELS

# Name of each convolution, its outputs, and the kernel of the pooling before it.
LAYERS = (
    ("conv1a", 64, None),
    ("conv2a", 128, (1, 2, 2)),
    ("conv3a", 256, (2, 2, 2)),
    ("conv3b", 256, None),
    ("conv4a", 512, (2, 2, 2)),
    ("conv4b", 512, None),
    ("conv5a", 512, (2, 2, 2)),
    ("conv5b", 512, None),
)
# The fully connected layers see this grid of a clip of 16 frames of 112 pixels: four places a
# side, one step of time.
FC_GRID = 4
FC_CHANNELS = 4096
OUTPUTS = ("fc7", "map")


@MODELS.register_module()
class C3D(BaseModule):
    """C3D, named as in mmaction2's checkpoints.

    Args:
        in_channels: channels of the clip.
        base_channels: outputs of the first layer, an eighth of those of the last; 64 in the
            paper.
        norm: add batch norm after each convolution, which training from scratch needs; the paper
            has none.
        output: 'fc7' for a classifier of clips, 'map' (the last convolution's) for regions.
        dropout: probability after each fully connected layer, in training.
        init_cfg: mmengine's initialisation.
    """

    def __init__(
        self,
        in_channels: int = 3,
        *,
        base_channels: int = 64,
        norm: bool = False,
        output: str = "fc7",
        dropout: float = 0.5,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if output not in OUTPUTS:
            raise ValueError(f"output must be one of {OUTPUTS}, got {output!r}")
        channels = in_channels
        for name, width, _ in LAYERS:
            out_channels = width * base_channels // 64
            layer = ConvModule(
                channels,
                out_channels,
                3,
                padding=1,
                conv_cfg={"type": "Conv3d"},
                norm_cfg={"type": "BN3d"} if norm else None,
            )
            self.add_module(name, layer)
            channels = out_channels
        self._output = output
        if output == "fc7":
            self.fc6 = nn.Linear(channels * FC_GRID**2, FC_CHANNELS)
            self.fc7 = nn.Linear(FC_CHANNELS, FC_CHANNELS)
            self.dropout = nn.Dropout(dropout)

    def forward(self, clips: Tensor) -> tuple[Tensor]:
        """Return the features of clips.

        Args:
            clips: (N, C, T, H, W) float, normalised; at least 8 frames and 16 pixels a side. The
                fully connected layers are made for 16 frames of 112 x 112; of a larger clip they
                see the mean over the cells of their grid.

        Returns:
            One map: with 'fc7' (N, 4096, 1, 1, 1), with 'map' (N, C', T/8, H/16, W/16), sizes
            rounded down.
        """
        x = clips
        for name, _, pool in LAYERS:
            if pool is not None:
                x = F.max_pool3d(x, pool)
            x = getattr(self, name)(x)
        if self._output == "map":
            return (x,)
        # In time the paper's clip has two steps left here, a longer clip has more.
        x = F.max_pool3d(x, (min(2, int(x.shape[2])), 2, 2), padding=(0, 1, 1))
        x = average_cells(x.mean(dim=2).float(), FC_GRID).to(x.dtype).flatten(1)
        x = self.dropout(F.relu(self.fc6(x)))
        x = F.relu(self.fc7(x))
        return (x[:, :, None, None, None],)
