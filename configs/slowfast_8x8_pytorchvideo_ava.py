"""SlowFast R50 8x8 on AVA as PyTorchVideo trained it."""

from mmengine.config import read_base

with read_base():
    from .slowfast_8x8_ava import *

model.update(
    backbone=dict(lateral_norm=True, slow_sampling="linspace", dilations=(1, 1, 1, 2)),
    roi_head=dict(roi_size=7, aligned=False),
    data_preprocessor=dict(mean=[114.75, 114.75, 114.75], std=[57.375, 57.375, 57.375]),
)
