"""ir-CSN R50 32x2 on AVA v2.2."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.ava22 import *
    from ._base_.models.csn_detector import *
    from ._base_.runtime import *
    from ._base_.schedules.cosine_10e import *

train_dataloader.update(batch_size=8)
start_from = "ircsn_r50_ig65m_k400"
