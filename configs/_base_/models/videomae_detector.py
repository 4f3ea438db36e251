"""VideoMAE's ViT-B/16, scoring the 80 AVA actions per actor."""

from stad.models.action_detector import ActionDetector
from stad.models.backbones.video_vit import VideoViT
from stad.models.heads.roi_head import RoIHead
from stad.models.preprocessor import ClipPreprocessor

model = dict(
    type=ActionDetector,
    backbone=dict(type=VideoViT, drop_path=0.2),
    roi_head=dict(type=RoIHead, in_channels=768, num_classes=80),
    data_preprocessor=dict(
        type=ClipPreprocessor,
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
    ),
)
