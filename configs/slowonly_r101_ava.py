"""Slow only, R101 8x8, on AVA v2.1."""

from mmengine.config import read_base

with read_base():
    from .slowonly_ava import *

model.update(backbone=dict(depth=101))
window = dict(num_frames=8, interval_frames=8)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
# Trained on Kinetics-400, top-1 76.5.
start_from = dict(
    url="https://download.openmmlab.com/mmaction/recognition/slowonly/omni/"
    "slowonly_r101_without_omni_8x8x1_kinetics400_rgb_20200926-0c730aef.pth",
    sha256="0c730aef",
)
