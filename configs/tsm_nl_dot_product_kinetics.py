"""TSM R50, 8 segments, with five non-local blocks that compare by dot product, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from .tsm_nl_kinetics import *

model.update(backbone=dict(non_local_mode="dot_product"))
