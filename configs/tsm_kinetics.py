"""TSM R50, 8 segments, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from .tsn_1x1x8_kinetics import *

model.update(backbone=dict(shift_div=8), head=dict(dropout=0.5))
