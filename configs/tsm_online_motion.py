"""A compact TSM that sees the past alone, 8 segments, on rendered motion."""

from mmengine.config import read_base

with read_base():
    from .tsm_motion import *

model.update(backbone=dict(bidirectional=False))
