"""R(2+1)D-18 on Kinetics-400, 16 frames at 15 per second."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.kinetics import *
    from ._base_.models.torchvision_recognizer import *

val_dataloader.update(
    dataset=dict(window=dict(num_frames=16, interval_frames=2), short_side_px=128)
)
