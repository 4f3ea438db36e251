"""Backbones: they turn clips (N, C, T, H, W) into a tuple of maps (N, C_i, T_i, H_i, W_i).

A new backbone is one file here: a module with ``@MODELS.register_module()`` is found by the name
of its class in a config.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stad.utils.lazy import lazy_exports

if TYPE_CHECKING:
    from stad.models.backbones.blazepose import BlazePose
    from stad.models.backbones.c3d import C3D
    from stad.models.backbones.csn import CSN
    from stad.models.backbones.frame_resnet import FrameResNet
    from stad.models.backbones.hiera import Hiera
    from stad.models.backbones.i3d import I3D
    from stad.models.backbones.resnet3d import ResNet3d
    from stad.models.backbones.slowfast import SlowFast
    from stad.models.backbones.timesformer import TimeSformer
    from stad.models.backbones.torchvision_video import TorchvisionVideo
    from stad.models.backbones.video_vit import VideoViT
    from stad.models.backbones.x3d import X3D

__all__ = [
    "C3D",
    "CSN",
    "I3D",
    "X3D",
    "BlazePose",
    "FrameResNet",
    "Hiera",
    "ResNet3d",
    "SlowFast",
    "TimeSformer",
    "TorchvisionVideo",
    "VideoViT",
]

# These need torch and mmengine, which take seconds to import: they are imported when first used.
_MODULES = {
    "C3D": "c3d",
    "CSN": "csn",
    "I3D": "i3d",
    "X3D": "x3d",
    "Hiera": "hiera",
    "BlazePose": "blazepose",
    "FrameResNet": "frame_resnet",
    "ResNet3d": "resnet3d",
    "SlowFast": "slowfast",
    "TimeSformer": "timesformer",
    "TorchvisionVideo": "torchvision_video",
    "VideoViT": "video_vit",
}

__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
