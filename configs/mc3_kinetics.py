"""MC3-18 on Kinetics-400, 16 frames at 15 per second."""

from mmengine.config import read_base

with read_base():
    from .r2plus1d_kinetics import *

model.update(backbone=dict(name="mc3_18"))
