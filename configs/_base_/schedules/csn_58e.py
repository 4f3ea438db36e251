"""58 epochs of SGD: 16 of linear warm-up, then a tenth of the rate from epochs 32 and 48."""

from mmengine.config import read_base
from mmengine.optim import LinearLR, MultiStepLR

with read_base():
    from .tsn_90e import *

train_cfg.update(max_epochs=58)
# Small, after training on a larger data set.
optim_wrapper.update(optimizer=dict(lr=5e-4))
auto_scale_lr.update(base_batch_size=96)
param_scheduler = [
    dict(type=LinearLR, start_factor=0.1, by_epoch=True, begin=0, end=16),
    dict(type=MultiStepLR, by_epoch=True, begin=0, end=58, milestones=[32, 48], gamma=0.1),
]
