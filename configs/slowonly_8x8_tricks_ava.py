"""Slow only, R50 8x8, on AVA-Kinetics, with all of mmaction2's tricks but more frames."""

from mmengine.config import read_base

from stad.models.losses import MultiLabelLoss

with read_base():
    from .slowonly_8x8_context_tmax_mlp_ava import *

model.update(loss=dict(type=MultiLabelLoss, focal_gamma=1))
