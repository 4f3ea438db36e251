"""15 epochs of SGD: a tenth of the rate from epochs 11 and 14."""

from mmengine.config import read_base
from mmengine.optim import MultiStepLR

with read_base():
    from .tsn_90e import *

train_cfg.update(max_epochs=15)
optim_wrapper.update(optimizer=dict(lr=0.005, nesterov=True))
auto_scale_lr.update(base_batch_size=64)
param_scheduler = [dict(type=MultiStepLR, by_epoch=True, milestones=[11, 14], gamma=0.1)]
