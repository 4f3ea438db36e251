"""A SlowFast that trains on a CPU: depth 18, an eighth of the channels, 4 slow frames of 32."""

from stad.models.action_detector import ActionDetector
from stad.models.backbones.slowfast import SlowFast
from stad.models.heads.roi_head import RoIHead
from stad.models.preprocessor import ClipPreprocessor

model = dict(
    type=ActionDetector,
    backbone=dict(
        type=SlowFast,
        depth=18,
        alpha=8,
        base_channels=16,
        # Motion matters more than colour here: the fast pathway is half as wide, not an eighth.
        beta_inverse=2,
        spatial_strides=(1, 2, 2, 1),
    ),
    roi_head=dict(type=RoIHead, in_channels=128 + 64, num_classes=11, roi_size=4, dropout=0.2),
    data_preprocessor=dict(
        type=ClipPreprocessor,
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
    ),
)
