"""X3D-M, scoring the 400 Kinetics actions per clip."""

from stad.models.backbones.x3d import X3D
from stad.models.heads.clip_head import ClipHead
from stad.models.preprocessor import ClipPreprocessor
from stad.models.recognizer import Recognizer

model = dict(
    type=Recognizer,
    backbone=dict(type=X3D),
    # It scores each place of a window of the size of the training map: 7x7 at 224 pixels.
    head=dict(
        type=ClipHead,
        in_channels=432,
        num_classes=400,
        hidden_channels=2048,
        pool_window=(None, 7, 7),
        average="scores",
    ),
    data_preprocessor=dict(
        type=ClipPreprocessor, mean=[114.75, 114.75, 114.75], std=[57.375, 57.375, 57.375]
    ),
)
