"""The posture config with a short training, for tests; the paths are given by the test."""

from mmengine.config import read_base

with read_base():
    from ...configs.skeleton_poses import *

train_dataloader.update(batch_size=16)
train_dataloader.dataset.update(synthetic=None)
train_dataloader.sampler.update(num_items=48)
train_cfg.update(max_epochs=15)
param_scheduler = []
val_dataloader.update(num_workers=0, persistent_workers=False)
