"""Swin3D-S 32x2 on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from .swin3d_t_kinetics import *

model.update(backbone=dict(name="swin3d_s"))
start_from = "swin3d_s_k400"
