"""X3D-M 16x5 on Kinetics-400 as PySlowFast trained it."""

from mmengine.config import read_base

with read_base():
    from .x3d_m_kinetics import *

model.update(backbone=dict(norm_first_shortcut=True))
