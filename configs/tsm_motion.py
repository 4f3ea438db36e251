"""A compact TSM, 8 segments, on rendered motion."""

from mmengine.config import read_base

with read_base():
    from .tsn_motion import *

model.update(backbone=dict(shift_div=8))
