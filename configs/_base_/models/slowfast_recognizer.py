"""SlowFast R50, 4 slow and 32 fast frames, scoring the 400 Kinetics actions per clip."""

from stad.models.backbones.slowfast import SlowFast
from stad.models.heads.clip_head import ClipHead
from stad.models.preprocessor import ClipPreprocessor
from stad.models.recognizer import Recognizer

model = dict(
    type=Recognizer,
    backbone=dict(type=SlowFast, depth=50, alpha=8, beta_inverse=8, lateral_kernel=5),
    head=dict(type=ClipHead, in_channels=2304, num_classes=400, last_map_first=True),
    data_preprocessor=dict(
        type=ClipPreprocessor,
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
    ),
)
