"""R(2+1)D-18 of torchvision, scoring the 400 Kinetics actions per clip."""

from stad.models.backbones.torchvision_video import TorchvisionVideo
from stad.models.heads.clip_head import ClipHead
from stad.models.preprocessor import ClipPreprocessor
from stad.models.recognizer import Recognizer

model = dict(
    type=Recognizer,
    backbone=dict(type=TorchvisionVideo, name="r2plus1d_18"),
    head=dict(type=ClipHead, in_channels=512, num_classes=400),
    # The statistics of Kinetics-400 that torchvision uses for all of its video networks.
    data_preprocessor=dict(
        type=ClipPreprocessor,
        mean=[110.2008, 100.63983, 95.99475],
        std=[58.14765, 56.46975, 55.332195],
    ),
)
