"""Slow only, R50 4x16, on AVA as PyTorchVideo trained it."""

from mmengine.config import read_base

with read_base():
    from .slowonly_ava import *

model.update(
    backbone=dict(dilations=(1, 1, 1, 2)),
    roi_head=dict(roi_size=7, aligned=False),
    data_preprocessor=dict(mean=[114.75, 114.75, 114.75], std=[57.375, 57.375, 57.375]),
)
