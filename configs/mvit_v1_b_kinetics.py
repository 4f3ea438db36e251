"""MViTv1-B 16x4 on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from .mvit_v2_s_kinetics import *

model.update(backbone=dict(name="mvit_v1_b"))
start_from = "mvit_v1_b_k400"
