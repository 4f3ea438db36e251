"""SlowFast R50 8x8 on AVA v2.1."""

from mmengine.config import read_base

with read_base():
    from .slowfast_ava import *

model.update(backbone=dict(alpha=4, lateral_kernel=7))
train_dataloader.update(batch_size=8)
# Trained on Kinetics-400.
start_from = dict(
    url="https://download.openmmlab.com/mmaction/recognition/slowfast/"
    "slowfast_r50_8x8x1_256e_kinetics400_rgb/"
    "slowfast_r50_8x8x1_256e_kinetics400_rgb_20200716-73547d2b.pth",
    sha256="73547d2b",
)
