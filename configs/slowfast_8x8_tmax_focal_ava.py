"""SlowFast R50 8x8 on AVA v2.2, with the maximum over time and the focal loss."""

from mmengine.config import read_base

from stad.models.losses import MultiLabelLoss

with read_base():
    from .slowfast_8x8_tmax_ava import *

model.update(loss=dict(type=MultiLabelLoss, focal_alpha=3, focal_gamma=1))
