"""256 epochs of SGD: 34 of linear warm-up, then half a cosine down to 0; from random weights."""

from mmengine.config import read_base
from mmengine.optim import CosineAnnealingLR, LinearLR

with read_base():
    from .tsn_90e import *

train_cfg.update(max_epochs=256)
optim_wrapper.update(optimizer=dict(lr=0.1))
auto_scale_lr.update(base_batch_size=64)
param_scheduler = [
    dict(
        type=LinearLR,
        start_factor=0.1,
        by_epoch=True,
        begin=0,
        end=34,
        convert_to_iter_based=True,
    ),
    dict(
        type=CosineAnnealingLR,
        T_max=222,
        eta_min=0,
        by_epoch=True,
        begin=34,
        end=256,
        convert_to_iter_based=True,
    ),
]
