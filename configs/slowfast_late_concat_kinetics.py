"""SlowFast R50 4x16 without lateral connections, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from .slowfast_kinetics import *

model.update(backbone=dict(lateral="none"))
