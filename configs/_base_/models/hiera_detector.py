"""Hiera-B, scoring the 80 AVA actions per actor."""

from stad.models.action_detector import ActionDetector
from stad.models.backbones.hiera import Hiera
from stad.models.heads.roi_head import RoIHead
from stad.models.preprocessor import ClipPreprocessor

model = dict(
    type=ActionDetector,
    backbone=dict(type=Hiera, output="map"),
    roi_head=dict(type=RoIHead, in_channels=768, num_classes=80, feature_stride=32, roi_size=7),
    data_preprocessor=dict(
        type=ClipPreprocessor, mean=[114.75, 114.75, 114.75], std=[57.375, 57.375, 57.375]
    ),
)
