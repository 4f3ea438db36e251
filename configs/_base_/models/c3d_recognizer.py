"""C3D, scoring the 400 Kinetics actions per clip."""

from stad.models.backbones.c3d import C3D
from stad.models.heads.clip_head import ClipHead
from stad.models.preprocessor import ClipPreprocessor
from stad.models.recognizer import Recognizer

model = dict(
    type=Recognizer,
    # The paper starts from Sports-1M; batch norm lets it train from scratch.
    backbone=dict(type=C3D, norm=True),
    head=dict(type=ClipHead, in_channels=4096, num_classes=400),
    data_preprocessor=dict(
        type=ClipPreprocessor,
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
    ),
)
