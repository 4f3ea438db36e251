"""X3D-XS 4x12 on Kinetics-400 as PyTorchVideo trained it."""

from mmengine.config import read_base

with read_base():
    from .x3d_s_kinetics import *

window = dict(num_frames=4, interval_frames=12)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
