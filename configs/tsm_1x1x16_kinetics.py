"""TSM R50, 16 segments, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from .tsm_kinetics import *

window = dict(num_frames=16, interval_frames=18.75)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
