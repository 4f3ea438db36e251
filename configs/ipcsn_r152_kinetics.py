"""ip-CSN R152 32x2 on Kinetics-400, trained on the 65 million videos of IG-65M before."""

from mmengine.config import read_base

with read_base():
    from .ircsn_r152_kinetics import *

model.update(backbone=dict(preserved=True))
start_from = "ipcsn_r152_ig65m_k400"
