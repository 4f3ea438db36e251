"""SlowFast R50 4x16, with a fast pathway of optical flow, on Kinetics-400."""

from mmengine.config import read_base

from stad.datasets.flow import collate_with_flow

with read_base():
    from .slowfast_kinetics import *

model.update(
    backbone=dict(fast_input="optical_flow"),
    data_preprocessor=dict(with_flow=True),
)
train_dataloader.update(collate_fn=dict(type=collate_with_flow))
val_dataloader.update(collate_fn=dict(type=collate_with_flow))
