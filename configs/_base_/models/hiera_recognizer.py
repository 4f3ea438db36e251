"""Hiera-B, scoring the 400 Kinetics actions per clip."""

from stad.models.backbones.hiera import Hiera
from stad.models.heads.clip_head import ClipHead
from stad.models.preprocessor import ClipPreprocessor
from stad.models.recognizer import Recognizer

model = dict(
    type=Recognizer,
    backbone=dict(type=Hiera),
    head=dict(type=ClipHead, in_channels=768, num_classes=400),
    data_preprocessor=dict(
        type=ClipPreprocessor, mean=[114.75, 114.75, 114.75], std=[57.375, 57.375, 57.375]
    ),
)
