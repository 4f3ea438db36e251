"""Slow only, R50 16x4, on AVA, with context, maximum over time and a hidden layer."""

from mmengine.config import read_base

with read_base():
    from .slowonly_ava import *

model.update(roi_head=dict(context=True, temporal_pool="max", mlp=True))
window = dict(num_frames=16, interval_frames=4)
train_dataloader.update(batch_size=8, dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
