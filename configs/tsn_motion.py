"""A compact TSN, 8 segments, on rendered motion."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.motion import *
    from ._base_.models.tsn_compact import *
    from ._base_.runtime_recognizer import *
    from ._base_.schedules.adamw_cosine import *

window = dict(num_frames=8, interval_frames=7.5)
train_dataloader.update(batch_size=16, dataset=dict(window=window, sampling="segments"))
val_dataloader.update(dataset=dict(window=window, sampling="segments"))
train_cfg.update(max_epochs=16)
