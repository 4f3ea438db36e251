"""Slow only, R50 8x8, with five non-local blocks, on AVA v2.1."""

from mmengine.config import read_base

with read_base():
    from .slowonly_nl_ava import *

window = dict(num_frames=8, interval_frames=8)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
# Trained on Kinetics-400.
start_from = dict(
    url="https://download.openmmlab.com/mmaction/recognition/slowonly/"
    "slowonly_nl_embedded_gaussian_r50_8x8x1_150e_kinetics400_rgb/"
    "slowonly_nl_embedded_gaussian_r50_8x8x1_150e_kinetics400_rgb_20210308-e8dd9e82.pth",
    sha256="e8dd9e82",
)
