"""Slow only, R50 4x16, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.kinetics import *
    from ._base_.models.slowonly_recognizer import *
    from ._base_.runtime_recognizer import *
    from ._base_.schedules.slowfast_256e import *

window = dict(num_frames=4, interval_frames=16)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
