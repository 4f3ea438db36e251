"""ir-CSN R152, scoring the 400 Kinetics actions per clip."""

from stad.models.backbones.csn import CSN
from stad.models.heads.clip_head import ClipHead
from stad.models.preprocessor import ClipPreprocessor
from stad.models.recognizer import Recognizer

model = dict(
    type=Recognizer,
    backbone=dict(type=CSN, depth=152),
    head=dict(type=ClipHead, in_channels=2048, num_classes=400),
    data_preprocessor=dict(
        type=ClipPreprocessor, mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375]
    ),
)
