"""TSM R50, 8 frames, scoring the 80 AVA actions per actor."""

from stad.models.action_detector import ActionDetector
from stad.models.backbones.frame_resnet import FrameResNet
from stad.models.heads.roi_head import RoIHead
from stad.models.preprocessor import ClipPreprocessor

model = dict(
    type=ActionDetector,
    # Maps of stride 16 instead of 32: people are small.
    backbone=dict(type=FrameResNet, depth=50, shift_div=8, spatial_strides=(1, 2, 2, 1)),
    roi_head=dict(type=RoIHead, in_channels=2048, num_classes=80),
    data_preprocessor=dict(
        type=ClipPreprocessor,
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
    ),
)
