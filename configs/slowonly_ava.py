"""Slow only, R50 4x16, on AVA."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.ava import *
    from ._base_.models.slowonly_detector import *

val_dataloader.update(dataset=dict(window=dict(num_frames=4, interval_frames=16)))
