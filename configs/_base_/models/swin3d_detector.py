"""torchvision's Swin3D-T, scoring the 80 AVA actions per actor."""

from stad.models.action_detector import ActionDetector
from stad.models.backbones.torchvision_video import TorchvisionVideo
from stad.models.heads.roi_head import RoIHead
from stad.models.preprocessor import ClipPreprocessor

model = dict(
    type=ActionDetector,
    backbone=dict(type=TorchvisionVideo, name="swin3d_t"),
    roi_head=dict(type=RoIHead, in_channels=768, num_classes=80, feature_stride=32, roi_size=7),
    data_preprocessor=dict(
        type=ClipPreprocessor, mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375]
    ),
)
