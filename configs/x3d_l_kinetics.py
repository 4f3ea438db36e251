"""X3D-L 16x5 on Kinetics-400 as PyTorchVideo trained it."""

from mmengine.config import read_base

from stad.models.backbones.x3d import LARGE_DEPTHS

with read_base():
    from .x3d_m_kinetics import *

model.update(backbone=dict(depths=LARGE_DEPTHS), head=dict(pool_window=(None, 10, 10)))
transform = dict(crop_px=312, scale_px=(356, 446))
train_dataloader.update(dataset=dict(short_side_px=356, transform=transform))
val_dataloader.update(dataset=dict(short_side_px=356, crop_px=356))
train_cfg.update(max_epochs=256)
optim_wrapper.update(optimizer=dict(lr=0.05))
auto_scale_lr.update(base_batch_size=64)
param_scheduler[1].update(end=256, T_max=221)
