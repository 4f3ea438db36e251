"""SlowFast R50 4x16 with laterals that take every eighth fast frame, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from .slowfast_kinetics import *

model.update(backbone=dict(lateral="time_strided_sampling"))
