"""TSM R50 that sees only past frames, 8 segments, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from .tsm_kinetics import *

model.update(backbone=dict(bidirectional=False))
