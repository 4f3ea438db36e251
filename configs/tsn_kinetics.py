"""TSN R50, 3 segments, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.kinetics_segments import *
    from ._base_.models.tsn_recognizer import *
    from ._base_.resnet50_imagenet import *
    from ._base_.runtime_recognizer import *
    from ._base_.schedules.tsn_90e import *

# One frame of each third of the ten seconds.
window = dict(num_frames=3, interval_frames=100)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
