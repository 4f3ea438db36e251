"""Slow only, R50 4x16, on AVA v2.1."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.ava import *
    from ._base_.models.slowonly_detector import *
    from ._base_.runtime import *
    from ._base_.schedules.step_20e import *

window = dict(num_frames=4, interval_frames=16)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
start_from = "slowonly_r50_4x16_k400"
