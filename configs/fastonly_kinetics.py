"""Fast only, R50 with an eighth of the channels and 32 frames, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.kinetics import *
    from ._base_.models.slowonly_recognizer import *
    from ._base_.runtime_recognizer import *
    from ._base_.schedules.slowfast_256e import *

model.update(
    backbone=dict(base_channels=8, conv1_kernel=(5, 7, 7), inflate=(1, 1, 1, 1)),
    head=dict(in_channels=256),
)
