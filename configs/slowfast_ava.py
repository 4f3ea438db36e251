"""SlowFast R50 4x16 on AVA."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.ava import *
    from ._base_.models.slowfast_detector import *
