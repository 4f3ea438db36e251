"""ir-CSN R101 32x2 on Kinetics-400 as PyTorchVideo trained it, from random weights."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.kinetics import *
    from ._base_.models.csn_recognizer import *
    from ._base_.runtime_recognizer import *
    from ._base_.schedules.slowfast_256e import *

model.update(
    backbone=dict(depth=101, eps=1e-5),
    # It averages over windows of the size of the training map: 7x7 at 224 pixels.
    head=dict(pool_window=(None, 7, 7)),
    data_preprocessor=dict(mean=[114.75, 114.75, 114.75], std=[57.375, 57.375, 57.375]),
)
train_dataloader.update(dataset=dict(transform=dict(crop_px=224)))
