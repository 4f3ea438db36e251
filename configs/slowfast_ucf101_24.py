"""SlowFast R50 4x16 on UCF101-24."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.ucf101_24 import *
    from ._base_.models.slowfast_detector import *
    from ._base_.runtime import *
    from ._base_.schedules.cosine_10e import *

# Each actor does one thing.
model.update(roi_head=dict(num_classes=24, multilabel=False))
# Trained on Kinetics-400.
start_from = dict(
    url="https://download.openmmlab.com/mmaction/recognition/slowfast/"
    "slowfast_r50_4x16x1_256e_kinetics400_rgb/"
    "slowfast_r50_4x16x1_256e_kinetics400_rgb_20200704-bcde7ed7.pth",
    sha256="bcde7ed7",
)
