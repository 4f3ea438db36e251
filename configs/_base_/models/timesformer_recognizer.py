"""TimeSformer of ViT-B/16, divided attention, scoring the 400 Kinetics actions per clip."""

from stad.models.backbones.timesformer import TimeSformer
from stad.models.heads.clip_head import ClipHead
from stad.models.preprocessor import ClipPreprocessor
from stad.models.recognizer import Recognizer

model = dict(
    type=Recognizer,
    backbone=dict(type=TimeSformer, attention="divided"),
    head=dict(type=ClipHead, in_channels=768, num_classes=400, dropout=0),
    # [0, 255] becomes [-1, 1].
    data_preprocessor=dict(
        type=ClipPreprocessor, mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5]
    ),
)
