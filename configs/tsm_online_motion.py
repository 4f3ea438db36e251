"""A compact TSM that sees only past frames, 8 segments, on rendered motion."""

from mmengine.config import read_base

with read_base():
    from .tsm_motion import *

model.update(backbone=dict(bidirectional=False))
