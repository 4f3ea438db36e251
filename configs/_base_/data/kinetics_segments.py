"""Kinetics-400 for networks that see one frame of each segment of a video."""

from mmengine.config import read_base

with read_base():
    from .kinetics import *

train_dataloader.update(
    batch_size=32,
    dataset=dict(
        sampling="segments",
        transform=dict(cropping="multi_scale"),
    ),
)
val_dataloader.update(dataset=dict(sampling="segments", crop_px=224))
