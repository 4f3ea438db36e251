"""torchvision's Swin3D-T, scoring the 400 Kinetics actions per clip."""

from stad.models.backbones.torchvision_video import TorchvisionVideo
from stad.models.heads.clip_head import ClipHead
from stad.models.preprocessor import ClipPreprocessor
from stad.models.recognizer import Recognizer

model = dict(
    type=Recognizer,
    backbone=dict(type=TorchvisionVideo, name="swin3d_t"),
    head=dict(type=ClipHead, in_channels=768, num_classes=400),
    data_preprocessor=dict(
        type=ClipPreprocessor, mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375]
    ),
)
