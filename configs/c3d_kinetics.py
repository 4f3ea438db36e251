"""C3D on Kinetics-400, 16 frames of 112 pixels."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.kinetics import *
    from ._base_.models.c3d_recognizer import *

val_dataloader.update(
    dataset=dict(window=dict(num_frames=16, interval_frames=2), short_side_px=112)
)
