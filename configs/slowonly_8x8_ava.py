"""Slow only, R50 8x8, on AVA."""

from mmengine.config import read_base

with read_base():
    from .slowonly_ava import *

val_dataloader.update(dataset=dict(window=dict(num_frames=8, interval_frames=8)))
