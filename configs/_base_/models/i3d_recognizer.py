"""I3D, scoring the 400 Kinetics actions per clip."""

from stad.models.backbones.i3d import I3D
from stad.models.heads.clip_head import ClipHead
from stad.models.preprocessor import ClipPreprocessor
from stad.models.recognizer import Recognizer

model = dict(
    type=Recognizer,
    backbone=dict(type=I3D),
    head=dict(type=ClipHead, in_channels=1024, num_classes=400, pool_window=(2, 7, 7)),
    # [0, 255] becomes [-1, 1].
    data_preprocessor=dict(
        type=ClipPreprocessor, mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5]
    ),
)
