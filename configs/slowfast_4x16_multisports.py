"""SlowFast R50 4x16 on MultiSports as mmaction2 trained it; see slowonly_4x16_multisports.py."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.multisports import *
    from ._base_.models.slowfast_detector import *
    from ._base_.runtime import *
    from ._base_.schedules.step_20e import *

# Each actor does one thing.
model.update(roi_head=dict(num_classes=66, multilabel=False))
window = dict(num_frames=32, interval_frames=2.4)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
train_cfg.update(max_epochs=8)
optim_wrapper.update(optimizer=dict(lr=0.01125), clip_grad=dict(max_norm=5))
param_scheduler[1].update(end=8, milestones=[6, 7])
# Trained on Kinetics-400.
start_from = dict(
    url="https://download.openmmlab.com/mmaction/recognition/slowfast/"
    "slowfast_r50_4x16x1_256e_kinetics400_rgb/"
    "slowfast_r50_4x16x1_256e_kinetics400_rgb_20200704-bcde7ed7.pth",
    sha256="bcde7ed7",
)
