"""SlowFast R50, 4 slow and 32 fast frames, scoring the 80 AVA actions per actor."""

from stad.models.action_detector import ActionDetector
from stad.models.backbones.slowfast import SlowFast
from stad.models.heads.roi_head import RoIHead
from stad.models.preprocessor import ClipPreprocessor

model = dict(
    type=ActionDetector,
    backbone=dict(
        type=SlowFast,
        depth=50,
        alpha=8,
        beta_inverse=8,
        lateral_kernel=5,
        # Maps of stride 16 instead of 32: people are small.
        spatial_strides=(1, 2, 2, 1),
    ),
    roi_head=dict(type=RoIHead, in_channels=2304, num_classes=80),
    data_preprocessor=dict(
        type=ClipPreprocessor,
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
    ),
)
