"""ir-CSN R50 32x2 on Kinetics-400, trained on the 65 million videos of IG-65M before."""

from mmengine.config import read_base

with read_base():
    from .ircsn_r152_kinetics import *

model.update(backbone=dict(depth=50))
start_from = "ircsn_r50_ig65m_k400"
