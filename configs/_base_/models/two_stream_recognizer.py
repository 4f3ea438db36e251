"""Two streams of ResNet-50, a frame and ten steps of flow, scoring the 400 Kinetics actions."""

from stad.models.backbones.frame_resnet import FrameResNet
from stad.models.heads.clip_head import ClipHead
from stad.models.preprocessor import ClipPreprocessor
from stad.models.two_stream import TwoStreamRecognizer

model = dict(
    type=TwoStreamRecognizer,
    backbone=dict(type=FrameResNet, depth=50),
    head=dict(type=ClipHead, in_channels=2048, num_classes=400),
    flow_backbone=dict(type=FrameResNet, depth=50, in_channels=20),
    flow_head=dict(type=ClipHead, in_channels=2048, num_classes=400),
    data_preprocessor=dict(
        type=ClipPreprocessor,
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
    ),
)
