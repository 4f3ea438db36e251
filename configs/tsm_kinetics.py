"""TSM R50, 8 segments, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.kinetics_segments import *
    from ._base_.models.tsn_recognizer import *
    from ._base_.resnet50_imagenet import *
    from ._base_.runtime_recognizer import *
    from ._base_.schedules.tsm_50e import *

model.update(backbone=dict(shift_div=8), head=dict(dropout=0.5))
window = dict(num_frames=8, interval_frames=37.5)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
