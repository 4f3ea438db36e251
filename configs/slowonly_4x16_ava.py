"""Slow only, R50 4x16, on AVA-Kinetics, evaluated on AVA v2.2."""

from mmengine.config import read_base

with read_base():
    from .slowonly_8x8_ava import *

window = dict(num_frames=4, interval_frames=16)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
# Trained on Kinetics-700.
start_from = dict(
    url="https://download.openmmlab.com/mmaction/v1.0/recognition/slowonly/"
    "slowonly_imagenet-pretrained-r50_16xb16-4x16x1-steplr-150e_kinetics700-rgb/"
    "slowonly_imagenet-pretrained-r50_16xb16-4x16x1-steplr-150e_kinetics700-rgb"
    "_20221013-98b1b0a7.pth",
    sha256="98b1b0a7",
)
