"""A network of a few thousand weights on a small UCF101-24 or JHMDB, for tests."""

from mmengine.config import read_base

from stad.models.action_detector import ActionDetector
from stad.models.backbones.resnet3d import ResNet3d
from stad.models.heads.roi_head import RoIHead
from stad.models.preprocessor import ClipPreprocessor

with read_base():
    from ...configs._base_.data.ucf101_24 import *
    from ...configs._base_.runtime import *
    from ...configs._base_.schedules.step_20e import *

model = dict(
    type=ActionDetector,
    backbone=dict(
        type=ResNet3d, depth=18, base_channels=4, spatial_strides=(1, 2, 2, 1), norm_eval=True
    ),
    roi_head=dict(type=RoIHead, in_channels=32, num_classes=24, roi_size=2, multilabel=False),
    data_preprocessor=dict(type=ClipPreprocessor, mean=[114, 114, 114], std=[57, 57, 57]),
)
# The paths are given by the test.
data = dict(window=dict(num_frames=4, interval_frames=2, jitter=False), short_side_px=48)
train_dataloader.update(
    batch_size=4,
    num_workers=0,
    persistent_workers=False,
    pin_memory=False,
    dataset=dict(**data, transform=dict(scale_px=(48, 60), crop_px=48)),
)
val_dataloader.update(batch_size=4, num_workers=0, persistent_workers=False, dataset=dict(**data))
optim_wrapper.update(optimizer=dict(lr=0.02))
auto_scale_lr.update(enable=False)
train_cfg.update(max_epochs=1)
param_scheduler = []
default_hooks.update(logger=dict(interval=1), checkpoint=dict(keep=0))
