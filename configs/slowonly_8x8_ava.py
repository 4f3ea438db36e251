"""Slow only, R50 8x8, on AVA v2.1."""

from mmengine.config import read_base

with read_base():
    from .slowonly_ava import *

window = dict(num_frames=8, interval_frames=8)
train_dataloader.update(batch_size=8, dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
