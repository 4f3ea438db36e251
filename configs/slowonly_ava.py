"""Slow only, R50 4x16, on AVA v2.1."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.ava import *
    from ._base_.models.slowonly_detector import *
    from ._base_.runtime import *
    from ._base_.schedules.step_20e import *

window = dict(num_frames=4, interval_frames=16)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
# Trained on Kinetics-400, top-1 75.12.
start_from = dict(
    url="https://download.openmmlab.com/mmaction/v1.0/recognition/slowonly/"
    "slowonly_imagenet-pretrained-r50_8xb16-4x16x1-steplr-150e_kinetics400-rgb/"
    "slowonly_imagenet-pretrained-r50_8xb16-4x16x1-steplr-150e_kinetics400-rgb"
    "_20220901-e7b65fad.pth",
    sha256="e7b65fad",
)
