"""SlowFast R50 8x8 on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.kinetics import *
    from ._base_.models.slowfast_recognizer import *
    from ._base_.runtime_recognizer import *
    from ._base_.schedules.slowfast_256e import *

model.update(backbone=dict(alpha=4, lateral_kernel=7))
