"""The slow pathway of slowfast_synthetic.py alone: it sees 4 of the 32 frames."""

from mmengine.config import read_base

from stad.models.backbones.resnet3d import ResNet3d

with read_base():
    from .slowfast_synthetic import *

window = dict(num_frames=4, interval_frames=16)
model["backbone"] = dict(type=ResNet3d, depth=18, base_channels=16, spatial_strides=(1, 2, 2, 1))
model.update(roi_head=dict(in_channels=128))
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
