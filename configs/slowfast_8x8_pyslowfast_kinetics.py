"""SlowFast R50 8x8 on Kinetics-400 as PySlowFast trained it."""

from mmengine.config import read_base

with read_base():
    from .slowfast_pyslowfast_kinetics import *

model.update(backbone=dict(alpha=4, lateral_kernel=7))
