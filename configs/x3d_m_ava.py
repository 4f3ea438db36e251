"""X3D-M 16x5 on AVA v2.2."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.ava22 import *
    from ._base_.models.x3d_detector import *
    from ._base_.runtime import *
    from ._base_.schedules.cosine_10e import *

window = dict(num_frames=16, interval_frames=5)
train_dataloader.update(batch_size=8, dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
start_from = "x3d_m_k400"
