"""Hiera-L 16x4 on AVA v2.2.

The published weights are licensed under CC BY-NC 4.0: not for commercial use.
"""

from mmengine.config import read_base

with read_base():
    from .hiera_b_ava import *

model.update(
    backbone=dict(embed_dims=144, num_heads=2, depths=(2, 6, 36, 4)),
    roi_head=dict(in_channels=1152),
)
start_from = "hiera_l_16x224_k400"
