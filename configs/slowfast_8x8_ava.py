"""SlowFast R50 8x8 on AVA."""

from mmengine.config import read_base

with read_base():
    from .slowfast_ava import *

model.update(backbone=dict(alpha=4, lateral_kernel=7))
