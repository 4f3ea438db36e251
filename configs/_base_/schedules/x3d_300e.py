"""300 epochs of SGD: 35 of linear warm-up, then half a cosine down to 0; from random weights."""

from mmengine.config import read_base

with read_base():
    from .slowfast_256e import *

train_cfg.update(max_epochs=300)
optim_wrapper.update(optimizer=dict(weight_decay=5e-5))
auto_scale_lr.update(base_batch_size=128)
param_scheduler[0].update(end=35)
param_scheduler[1].update(begin=35, end=300, T_max=265)
