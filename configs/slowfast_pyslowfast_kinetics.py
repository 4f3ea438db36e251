"""SlowFast R50 4x16 on Kinetics-400 as PySlowFast trained it."""

from mmengine.config import read_base

with read_base():
    from .slowfast_kinetics import *

model.update(
    backbone=dict(lateral_norm=True, slow_sampling="linspace"),
    # It scores each place of a window of the size of the training map: 7x7 at 224 pixels.
    head=dict(pool_window=(None, 7, 7), average="scores"),
    data_preprocessor=dict(mean=[114.75, 114.75, 114.75], std=[57.375, 57.375, 57.375]),
)
