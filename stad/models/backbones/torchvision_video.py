"""torchvision's video networks as backbones: R3D, MC3, R(2+1)D and S3D without their classifiers.

Tran et al., "A Closer Look at Spatiotemporal Convolutions for Action Recognition", CVPR 2018;
Xie et al., "Rethinking Spatiotemporal Feature Learning", ECCV 2018.
"""

from __future__ import annotations

from mmengine.model import BaseModule
from torch import Tensor, nn
from torchvision.models.video import mc3_18, r2plus1d_18, r3d_18, s3d

from stad.models.gap_convs import close_gaps
from stad.registry import MODELS

RESNET_PARTS = ("stem", "layer1", "layer2", "layer3", "layer4")
NETWORKS = {
    "r3d_18": (r3d_18, RESNET_PARTS),
    "mc3_18": (mc3_18, RESNET_PARTS),
    "r2plus1d_18": (r2plus1d_18, RESNET_PARTS),
    "s3d": (s3d, ("features",)),
}


@MODELS.register_module()
class TorchvisionVideo(BaseModule):
    """A video network of torchvision up to its last map; its parts keep torchvision's names.

    Its published weights are loaded like any checkpoint: by a name in the zoo, or from a file.

    Args:
        name: 'r3d_18', 'mc3_18', 'r2plus1d_18' (512 channels, stride 8 in time and 16 in space)
            or 's3d' (1024 channels, 8 and 32).
        init_cfg: mmengine's initialisation.
    """

    def __init__(self, name: str, *, init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        if name not in NETWORKS:
            raise ValueError(f"name must be one of {', '.join(NETWORKS)}, got {name!r}")
        build, parts = NETWORKS[name]
        network = build(weights=None)
        self.net = nn.Sequential()
        for part in parts:
            self.net.add_module(part, close_gaps(getattr(network, part)))

    def forward(self, clips: Tensor) -> tuple[Tensor]:
        """Return the features of clips.

        Args:
            clips: (N, 3, T, H, W) float, normalised.

        Returns:
            One map, (N, C, T/8, H/s, W/s), sizes rounded up, but down in the last pooling of S3D.
        """
        return (self.net(clips),)
