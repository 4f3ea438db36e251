"""VideoMAE's ViT-B/16, scoring the 400 Kinetics actions per clip."""

from stad.models.backbones.video_vit import VideoViT
from stad.models.heads.clip_head import ClipHead
from stad.models.preprocessor import ClipPreprocessor
from stad.models.recognizer import Recognizer

model = dict(
    type=Recognizer,
    backbone=dict(type=VideoViT, output="mean", drop_path=0.2),
    head=dict(type=ClipHead, in_channels=768, num_classes=400, dropout=0),
    data_preprocessor=dict(
        type=ClipPreprocessor,
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
    ),
)
