"""Slow only, R50 16x4, on AVA-Kinetics, with context, maximum over time, a hidden layer."""

from mmengine.config import read_base

with read_base():
    from .slowonly_8x8_tricks_ava import *

window = dict(num_frames=16, interval_frames=4)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
