"""A small SlowOnly recognizer of Kinetics' classes, fast enough for tests of the whole flow."""

from stad.models.backbones.resnet3d import ResNet3d
from stad.models.heads.clip_head import ClipHead
from stad.models.preprocessor import ClipPreprocessor
from stad.models.recognizer import Recognizer
from stad.video.window import Window

model = dict(
    type=Recognizer,
    backbone=dict(type=ResNet3d, depth=18, base_channels=8, spatial_strides=(1, 2, 2, 1)),
    head=dict(type=ClipHead, in_channels=64, num_classes=400, multilabel=True),
    data_preprocessor=dict(
        type=ClipPreprocessor, mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375]
    ),
)
val_dataloader = dict(
    dataset=dict(
        window=dict(type=Window, num_frames=4, interval_frames=4),
        short_side_px=64,
        label_map="kinetics400",
    )
)
