"""Swin3D-T 32x2 on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.kinetics import *
    from ._base_.models.swin3d_recognizer import *
    from ._base_.runtime_recognizer import *
    from ._base_.schedules.adamw_30e import *

window = dict(num_frames=32, interval_frames=2)
train_dataloader.update(dataset=dict(window=window, transform=dict(crop_px=224)))
val_dataloader.update(dataset=dict(window=window, crop_px=224))
# For videos of one's own: its training from random weights takes far longer.
start_from = "swin3d_t_k400"
