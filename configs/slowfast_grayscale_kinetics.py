"""SlowFast R50 4x16, with a fast pathway of grayscale frames, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from .slowfast_kinetics import *

model.update(backbone=dict(fast_input="grayscale"))
