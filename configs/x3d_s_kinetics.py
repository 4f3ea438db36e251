"""X3D-S 13x6 on Kinetics-400 as PyTorchVideo trained it."""

from mmengine.config import read_base

with read_base():
    from .x3d_m_kinetics import *

model.update(head=dict(pool_window=(None, 5, 5)))
window = dict(num_frames=13, interval_frames=6)
transform = dict(crop_px=160, scale_px=(182, 228))
train_dataloader.update(dataset=dict(window=window, short_side_px=182, transform=transform))
val_dataloader.update(dataset=dict(window=window, short_side_px=182, crop_px=182))
