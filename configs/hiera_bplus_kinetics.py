"""Hiera-B+ 16x4 on Kinetics-400.

The published weights are licensed under CC BY-NC 4.0: not for commercial use.
"""

from mmengine.config import read_base

with read_base():
    from .hiera_b_kinetics import *

model.update(
    backbone=dict(embed_dims=112, num_heads=2),
    head=dict(in_channels=896),
)
start_from = "hiera_bplus_16x224_k400"
