"""torchvision's video networks as backbones, without their classifiers.

Tran et al., "A Closer Look at Spatiotemporal Convolutions for Action Recognition", CVPR 2018;
Xie et al., "Rethinking Spatiotemporal Feature Learning", ECCV 2018; for the transformers, see
``stad.models.backbones.torchvision_parts``.
"""

from __future__ import annotations

from mmengine.model import BaseModule
from torch import Tensor, nn
from torchvision.models import video

from stad.models.backbones.torchvision_parts import (
    OUTPUTS,
    MultiscaleTransformer,
    WindowTransformer,
)
from stad.models.gap_convs import close_gaps
from stad.registry import MODELS

RESNET_PARTS = ("stem", "layer1", "layer2", "layer3", "layer4")
CONV_NETWORKS = {
    "r3d_18": RESNET_PARTS,
    "mc3_18": RESNET_PARTS,
    "r2plus1d_18": RESNET_PARTS,
    "s3d": ("features",),
}
MULTISCALE = ("mvit_v1_b", "mvit_v2_s")
WINDOWED = ("swin3d_t", "swin3d_s", "swin3d_b")
NETWORKS = (*CONV_NETWORKS, *MULTISCALE, *WINDOWED)


@MODELS.register_module()
class TorchvisionVideo(BaseModule):
    """A video network of torchvision up to its last map; its parts keep torchvision's names.

    Its published weights are loaded like any checkpoint: by a name in the zoo, or from a file.
    The transformers take clips of any size; positions are interpolated.

    Args:
        name: 'r3d_18', 'mc3_18', 'r2plus1d_18' (512 channels, stride 8 in time and 16 in space),
            's3d' (1024 channels, 8 and 32), 'mvit_v1_b', 'mvit_v2_s', 'swin3d_t', 'swin3d_s' (768
            channels, 2 and 32) or 'swin3d_b' (1024 channels, 2 and 32).
        output: 'map', or 'class_token' of an MViT, which its classifier takes.
        drop_path: the highest probability to skip a block of a transformer in training; None is
            torchvision's, 0.2 for MViT and 0.1 for Swin.
        with_checkpoint: of a transformer: recompute activations in the backward pass, for memory.
        init_cfg: mmengine's initialisation.

    Raises:
        ValueError: an unknown name or output, or an option that the network does not have.
    """

    def __init__(
        self,
        name: str,
        *,
        output: str = "map",
        drop_path: float | None = None,
        with_checkpoint: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        _check_options(name, output, transformer_options=drop_path is not None or with_checkpoint)
        options = {} if drop_path is None else {"stochastic_depth_prob": drop_path}
        network = getattr(video, name)(weights=None, **options)
        self.net: nn.Module
        if name in MULTISCALE:
            self.net = MultiscaleTransformer(
                close_gaps(network), output=output, with_checkpoint=with_checkpoint
            )
        elif name in WINDOWED:
            self.net = WindowTransformer(network, with_checkpoint=with_checkpoint)
        else:
            self.net = nn.Sequential()
            for part in CONV_NETWORKS[name]:
                self.net.add_module(part, close_gaps(getattr(network, part)))

    def forward(self, clips: Tensor) -> tuple[Tensor]:
        """Return the features of clips.

        Args:
            clips: (N, 3, T, H, W) float, normalised.

        Returns:
            One map, (N, C, T/t, H/s, W/s) with the strides t and s; sizes are rounded up, but down
            in the last pooling of S3D.
        """
        return (self.net(clips),)


def _check_options(name: str, output: str, *, transformer_options: bool) -> None:
    if name not in NETWORKS:
        raise ValueError(f"name must be one of {', '.join(NETWORKS)}, got {name!r}")
    if output not in OUTPUTS:
        raise ValueError(f"output must be one of {OUTPUTS}, got {output!r}")
    if output == "class_token" and name not in MULTISCALE:
        raise ValueError(f"{name} has no class token: set output to 'map'")
    if transformer_options and name in CONV_NETWORKS:
        raise ValueError(f"{name} has neither drop_path nor with_checkpoint")
