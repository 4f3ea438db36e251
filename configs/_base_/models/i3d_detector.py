"""I3D with its Kinetics-400 classifier moved from the clip to each actor's region."""

from stad.models.action_detector import ActionDetector
from stad.models.backbones.i3d import I3D
from stad.models.heads.roi_head import RoIHead
from stad.models.preprocessor import ClipPreprocessor

model = dict(
    type=ActionDetector,
    backbone=dict(type=I3D),
    # A region has the size and the pooling of the map that the classifier was trained on.
    roi_head=dict(
        type=RoIHead,
        in_channels=1024,
        num_classes=400,
        feature_stride=32,
        roi_size=7,
        spatial_pool="avg",
        multilabel=False,
    ),
    # [0, 255] becomes [-1, 1].
    data_preprocessor=dict(
        type=ClipPreprocessor, mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5]
    ),
)
