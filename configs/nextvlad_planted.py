"""NeXtVLAD on made-up records: a minute or two on 2 cores."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.planted import *
    from ._base_.models.nextvlad_compact import *
    from ._base_.runtime_tagger import *
    from ._base_.schedules.nextvlad_5e import *

train_cfg.update(max_epochs=8)
optim_wrapper.optimizer.update(lr=2e-3)
