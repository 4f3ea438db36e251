"""Postures from body keypoints: the default without internet; trains on two CPU cores."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.poses import *
    from ._base_.models.skeleton_detector import *
    from ._base_.runtime import *
    from ._base_.schedules.adamw_cosine import *

train_dataloader.dataset.update(
    actor_crops=model.actor_crops,
    backbone=model.backbone,
    mean=model.data_preprocessor.mean,
    std=model.data_preprocessor.std,
)
train_cfg.update(max_epochs=10, val_interval=10)
