"""TimeSformer, divided attention, 8 frames, on AVA v2.1."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.ava import *
    from ._base_.models.timesformer_detector import *
    from ._base_.runtime import *
    from ._base_.schedules.step_20e import *

window = dict(num_frames=8, interval_frames=8)
train_dataloader.update(batch_size=8, dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
# Learning rate and weight decay of its training on Kinetics-400, for 128 clips per step.
optim_wrapper.update(optimizer=dict(lr=0.01, weight_decay=1e-4))
start_from = "timesformer_divst_8x32_k400"
