"""SlowFast R50 8x8 on AVA v2.2 as PyTorchVideo trained it."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.ava22_pyslowfast import *
    from ._base_.models.slowfast_detector import *
    from ._base_.runtime import *
    from ._base_.schedules.step_20e import *

model.update(
    backbone=dict(
        alpha=4,
        lateral_kernel=7,
        lateral_norm=True,
        slow_sampling="linspace",
        dilations=(1, 1, 1, 2),
    ),
    roi_head=dict(roi_size=7, aligned=False),
    data_preprocessor=dict(mean=[114.75, 114.75, 114.75], std=[57.375, 57.375, 57.375]),
)
train_dataloader.update(batch_size=8)
# PyTorchVideo publishes no recipe; this is PySlowFast's, SLOWFAST_32x2_R50_SHORT.yaml, except that
# its warm-up begins at 0.00125 of the rate and that it does not clip gradients.
optim_wrapper.update(optimizer=dict(weight_decay=1e-7))
start_from = "slowfast_r50_8x8_pyslowfast_k400"
