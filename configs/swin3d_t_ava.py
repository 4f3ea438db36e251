"""Swin3D-T 32x2 on AVA v2.2."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.ava22 import *
    from ._base_.models.swin3d_detector import *
    from ._base_.runtime import *
    from ._base_.schedules.adamw_30e import *

window = dict(num_frames=32, interval_frames=2)
train_dataloader.update(batch_size=8, dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
start_from = "swin3d_t_k400"
