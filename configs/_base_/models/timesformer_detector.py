"""TimeSformer of ViT-B/16, divided attention, scoring the 80 AVA actions per actor."""

from stad.models.action_detector import ActionDetector
from stad.models.backbones.timesformer import TimeSformer
from stad.models.heads.roi_head import RoIHead
from stad.models.preprocessor import ClipPreprocessor

model = dict(
    type=ActionDetector,
    # The tokens of the patches are a map of stride 16.
    backbone=dict(type=TimeSformer, attention="divided", output="map"),
    roi_head=dict(type=RoIHead, in_channels=768, num_classes=80),
    # [0, 255] becomes [-1, 1].
    data_preprocessor=dict(
        type=ClipPreprocessor, mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5]
    ),
)
