"""Slow only, R50 4x16, on MultiSports as mmaction2 trained it.

'stad prepare multisports data/multisports' writes the annotations. Videos have 25 frames a second;
windows count them at 30. Evaluates on the annotated boxes.
"""

from mmengine.config import read_base

with read_base():
    from ._base_.data.multisports import *
    from ._base_.models.slowonly_detector import *
    from ._base_.runtime import *
    from ._base_.schedules.step_20e import *

# Each actor does one thing.
model.update(roi_head=dict(num_classes=66, multilabel=False))
window = dict(num_frames=4, interval_frames=19.2)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
train_cfg.update(max_epochs=8)
optim_wrapper.update(clip_grad=dict(max_norm=5))
param_scheduler[1].update(end=8, milestones=[6, 7])
# Trained on Kinetics-400, top-1 75.12.
start_from = dict(
    url="https://download.openmmlab.com/mmaction/v1.0/recognition/slowonly/"
    "slowonly_imagenet-pretrained-r50_8xb16-4x16x1-steplr-150e_kinetics400-rgb/"
    "slowonly_imagenet-pretrained-r50_8xb16-4x16x1-steplr-150e_kinetics400-rgb"
    "_20220901-e7b65fad.pth",
    sha256="e7b65fad",
)
