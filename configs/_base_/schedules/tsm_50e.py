"""50 epochs of SGD: a tenth of the rate from epochs 20 and 40."""

from mmengine.config import read_base
from mmengine.optim import MultiStepLR

with read_base():
    from .tsn_90e import *

train_cfg.update(max_epochs=50)
optim_wrapper.update(clip_grad=dict(max_norm=20))
auto_scale_lr.update(base_batch_size=64)
param_scheduler = [dict(type=MultiStepLR, by_epoch=True, milestones=[20, 40], gamma=0.1)]
