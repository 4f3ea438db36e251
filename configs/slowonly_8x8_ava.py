"""Slow only, R50 8x8, on AVA-Kinetics, evaluated on AVA v2.2."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.ava_kinetics import *
    from ._base_.models.slowonly_detector import *
    from ._base_.runtime import *
    from ._base_.schedules.cosine_10e import *

window = dict(num_frames=8, interval_frames=8)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
# Trained on Kinetics-700.
start_from = dict(
    url="https://download.openmmlab.com/mmaction/v1.0/recognition/slowonly/"
    "slowonly_imagenet-pretrained-r50_16xb16-8x8x1-steplr-150e_kinetics700-rgb/"
    "slowonly_imagenet-pretrained-r50_16xb16-8x8x1-steplr-150e_kinetics700-rgb"
    "_20221013-15b93b10.pth",
    sha256="15b93b10",
)
