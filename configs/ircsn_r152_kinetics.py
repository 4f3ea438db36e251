"""ir-CSN R152 32x2 on Kinetics-400, trained on the 65 million videos of IG-65M before."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.kinetics import *
    from ._base_.models.csn_recognizer import *
    from ._base_.runtime_recognizer import *
    from ._base_.schedules.csn_58e import *

train_dataloader.update(dataset=dict(transform=dict(crop_px=224)))
# Its authors keep batch norm as it is, and so does mmaction2.
model.update(backbone=dict(norm_eval=True))
# For videos of one's own.
start_from = "ircsn_r152_ig65m_k400"
