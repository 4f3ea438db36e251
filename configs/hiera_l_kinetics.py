"""Hiera-L 16x4 on Kinetics-400.

The published weights are licensed under CC BY-NC 4.0: not for commercial use.
"""

from mmengine.config import read_base

with read_base():
    from .hiera_b_kinetics import *

model.update(
    backbone=dict(embed_dims=144, num_heads=2, depths=(2, 6, 36, 4)),
    head=dict(in_channels=1152),
)
start_from = "hiera_l_16x224_k400"
