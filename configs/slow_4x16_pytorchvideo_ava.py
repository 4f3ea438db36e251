"""Slow only, R50 4x16, on AVA v2.2 as PyTorchVideo trained it."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.ava22_pyslowfast import *
    from ._base_.models.slowonly_detector import *
    from ._base_.runtime import *
    from ._base_.schedules.step_20e import *

model.update(
    backbone=dict(dilations=(1, 1, 1, 2)),
    roi_head=dict(roi_size=7, aligned=False),
    data_preprocessor=dict(mean=[114.75, 114.75, 114.75], std=[57.375, 57.375, 57.375]),
)
window = dict(num_frames=4, interval_frames=16)
train_dataloader.update(batch_size=8, dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
# PyTorchVideo publishes no recipe; this is PySlowFast's, C2D_8x8_R50_SHORT.yaml, except that
# its warm-up begins at 0.00125 of the rate and that it does not clip gradients.
optim_wrapper.update(optimizer=dict(weight_decay=1e-7))
# Trained on Kinetics-400, top-1 72.40; no hash of it is published.
start_from = dict(
    url="https://dl.fbaipublicfiles.com/pytorchvideo/model_zoo/kinetics/SLOW_4x16_R50.pyth"
)
