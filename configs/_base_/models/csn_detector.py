"""ir-CSN R50, scoring the 80 AVA actions per actor."""

from stad.models.action_detector import ActionDetector
from stad.models.backbones.csn import CSN
from stad.models.heads.roi_head import RoIHead
from stad.models.preprocessor import ClipPreprocessor

model = dict(
    type=ActionDetector,
    # The map of the last stage has stride 16.
    backbone=dict(type=CSN, depth=50, spatial_strides=(1, 2, 2, 1)),
    roi_head=dict(type=RoIHead, in_channels=2048, num_classes=80),
    data_preprocessor=dict(
        type=ClipPreprocessor, mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375]
    ),
)
