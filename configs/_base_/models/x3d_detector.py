"""X3D-M, scoring the 80 AVA actions per actor."""

from stad.models.action_detector import ActionDetector
from stad.models.backbones.x3d import X3D
from stad.models.heads.roi_head import RoIHead
from stad.models.preprocessor import ClipPreprocessor

model = dict(
    type=ActionDetector,
    # The map of the last stage has stride 16.
    backbone=dict(type=X3D, spatial_strides=(2, 2, 2, 1)),
    roi_head=dict(type=RoIHead, in_channels=432, num_classes=80),
    data_preprocessor=dict(
        type=ClipPreprocessor, mean=[114.75, 114.75, 114.75], std=[57.375, 57.375, 57.375]
    ),
)
