"""torchvision's MViTv2-S, scoring the 400 Kinetics actions per clip."""

from stad.models.backbones.torchvision_video import TorchvisionVideo
from stad.models.heads.clip_head import ClipHead
from stad.models.preprocessor import ClipPreprocessor
from stad.models.recognizer import Recognizer

model = dict(
    type=Recognizer,
    backbone=dict(type=TorchvisionVideo, name="mvit_v2_s", output="class_token"),
    head=dict(type=ClipHead, in_channels=768, num_classes=400),
    data_preprocessor=dict(
        type=ClipPreprocessor, mean=[114.75, 114.75, 114.75], std=[57.375, 57.375, 57.375]
    ),
)
