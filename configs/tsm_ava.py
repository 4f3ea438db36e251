"""TSM R50, 8 frames, on AVA v2.1."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.ava import *
    from ._base_.models.tsm_detector import *
    from ._base_.runtime import *
    from ._base_.schedules.step_20e import *

window = dict(num_frames=8, interval_frames=8)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
start_from = "tsm_r50_1x1x8_k400"
