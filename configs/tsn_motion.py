"""A compact TSN, 8 segments, on rendered motion."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.motion import *
    from ._base_.models.tsn_compact import *
    from ._base_.runtime_recognizer import *
    from ._base_.schedules.adamw_cosine import *

# A random frame of each segment does not show which way something spins.
window = dict(num_frames=8, interval_frames=7.5)
train_dataloader.update(
    batch_size=16,
    dataset=dict(window=window, sampling="segments", annotations="data/motion/train_no_spins.txt"),
)
val_dataloader.update(
    dataset=dict(window=window, sampling="segments", annotations="data/motion/val_no_spins.txt")
)
train_cfg.update(max_epochs=14)
