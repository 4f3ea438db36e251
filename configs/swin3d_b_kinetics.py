"""Swin3D-B 32x2 on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from .swin3d_t_kinetics import *

model.update(backbone=dict(name="swin3d_b"), head=dict(in_channels=1024))
start_from = "swin3d_b_22k_k400"
