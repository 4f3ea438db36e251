"""A compact SlowFast, 4 slow and 32 fast frames, on rendered motion."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.motion import *
    from ._base_.models.slowfast_recognizer import *
    from ._base_.runtime_recognizer import *
    from ._base_.schedules.adamw_cosine import *

model.update(
    backbone=dict(depth=18, base_channels=16, beta_inverse=4),
    head=dict(in_channels=160, num_classes=10, dropout=0.2),
)
optim_wrapper.update(optimizer=dict(lr=2e-3))
train_cfg.update(max_epochs=4)
