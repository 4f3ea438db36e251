"""Slow only, R50 16x4, on AVA-Kinetics, with context, maximum over time, a hidden layer."""

from mmengine.config import read_base

from stad.models.losses import MultiLabelLoss

with read_base():
    from .slowonly_8x8_ava import *

model.update(
    roi_head=dict(context=True, temporal_pool="max", mlp=True),
    loss=dict(type=MultiLabelLoss, focal_gamma=1),
)
window = dict(num_frames=16, interval_frames=4)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
