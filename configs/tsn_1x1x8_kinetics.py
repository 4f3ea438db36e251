"""TSN R50, 8 segments, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from .tsn_kinetics import *

window = dict(num_frames=8, interval_frames=37.5)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
