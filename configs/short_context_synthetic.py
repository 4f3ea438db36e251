"""A small network that sees 2 seconds, on rendered people whose classes depend on the past."""

from mmengine.config import read_base

from stad.models.backbones.resnet3d import ResNet3d

with read_base():
    from ._base_.data.long_context import *
    from ._base_.models.slowfast_compact import *
    from ._base_.runtime import *
    from ._base_.schedules.adamw_cosine import *

model["backbone"] = dict(type=ResNet3d, depth=18, base_channels=8, spatial_strides=(1, 2, 2, 1))
model.update(roi_head=dict(in_channels=64, num_classes=6))
train_cfg.update(max_epochs=4, val_interval=4)
