"""Slow only, R50 8x8, on AVA-Kinetics, with context, maximum over time, a hidden layer."""

from mmengine.config import read_base

with read_base():
    from .slowonly_8x8_context_tmax_ava import *

model.update(roi_head=dict(mlp=True))
