"""C3D on Kinetics-400, 16 frames of 112 pixels."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.kinetics import *
    from ._base_.models.c3d_recognizer import *
    from ._base_.runtime_recognizer import *
    from ._base_.schedules.slowfast_256e import *

window = dict(num_frames=16, interval_frames=2)
train_dataloader.update(
    dataset=dict(window=window, transform=dict(scale_px=(128, 160), crop_px=112))
)
val_dataloader.update(dataset=dict(window=window, short_side_px=112, crop_px=112))
