"""ir-CSN R152 32x2 on AVA v2.2."""

from mmengine.config import read_base

with read_base():
    from .ircsn_r50_ava import *

model.update(backbone=dict(depth=152))
start_from = "ircsn_r152_ig65m_k400"
