"""TSN R50, 3 segments, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.kinetics import *
    from ._base_.models.tsn_recognizer import *

# One frame of each third of the ten seconds.
val_dataloader.update(dataset=dict(window=dict(num_frames=3, interval_frames=100)))
# Trained on ImageNet.
start_from = dict(
    url="https://download.pytorch.org/models/resnet50-0676ba61.pth", sha256="0676ba61"
)
