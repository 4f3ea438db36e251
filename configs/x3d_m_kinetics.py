"""X3D-M 16x5 on Kinetics-400 as PyTorchVideo trained it."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.kinetics import *
    from ._base_.models.x3d_recognizer import *
    from ._base_.runtime_recognizer import *
    from ._base_.schedules.x3d_300e import *

window = dict(num_frames=16, interval_frames=5)
train_dataloader.update(dataset=dict(window=window, transform=dict(crop_px=224)))
val_dataloader.update(dataset=dict(window=window))
