"""A recognizer of a few thousand weights and a data set of a few small videos, for tests."""

from mmengine.config import read_base

with read_base():
    from ...configs._base_.data.kinetics import *
    from ...configs._base_.models.tsn_recognizer import *
    from ...configs._base_.runtime_recognizer import *
    from ...configs._base_.schedules.tsn_90e import *

model.update(
    backbone=dict(depth=18, base_channels=4, shift_div=4, norm_eval=True),
    head=dict(in_channels=32, num_classes=4),
)
# The paths are given by the test.
data = dict(
    annotations="list.txt",
    videos="videos",
    window=dict(num_frames=4, interval_frames=4),
    short_side_px=48,
    label_map="labels.txt",
)
train_dataloader.update(
    batch_size=4,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(**data, transform=dict(scale_px=(48, 60), crop_px=48, flip=0.0)),
)
val_dataloader.update(
    batch_size=4, num_workers=0, persistent_workers=False, dataset=dict(**data, crop_px=48)
)
optim_wrapper.update(optimizer=dict(lr=0.05))
auto_scale_lr.update(enable=False)
train_cfg.update(max_epochs=3)
param_scheduler = []
default_hooks.update(logger=dict(interval=1), checkpoint=dict(keep=0))
