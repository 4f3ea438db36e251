"""A compact ViT on rendered people: trains on two CPU cores."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.synthetic import *
    from ._base_.models.vit_compact import *
    from ._base_.runtime import *
    from ._base_.schedules.adamw_cosine import *

train_cfg.update(max_epochs=4)
optim_wrapper.update(optimizer=dict(lr=1.5e-3))
