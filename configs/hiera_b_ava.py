"""Hiera-B 16x4 on AVA v2.2.

The published weights are licensed under CC BY-NC 4.0: not for commercial use.
"""

from mmengine.config import read_base

with read_base():
    from ._base_.data.ava22 import *
    from ._base_.models.hiera_detector import *
    from ._base_.runtime import *
    from ._base_.schedules.adamw_30e import *

window = dict(num_frames=16, interval_frames=4)
train_dataloader.update(batch_size=8, dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
start_from = "hiera_b_16x224_k400"
