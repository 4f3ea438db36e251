"""Hiera-B 16x4 on Kinetics-400.

The published weights are licensed under CC BY-NC 4.0: not for commercial use.
"""

from mmengine.config import read_base

with read_base():
    from ._base_.data.kinetics import *
    from ._base_.models.hiera_recognizer import *
    from ._base_.runtime_recognizer import *
    from ._base_.schedules.adamw_30e import *

window = dict(num_frames=16, interval_frames=4)
train_dataloader.update(dataset=dict(window=window, transform=dict(crop_px=224)))
val_dataloader.update(dataset=dict(window=window, short_side_px=224, crop_px=224))
# For videos of one's own: its training from random weights takes far longer.
start_from = "hiera_b_16x224_k400"
