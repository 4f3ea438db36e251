"""Slow only, R50 8x8, on AVA-Kinetics, with context."""

from mmengine.config import read_base

with read_base():
    from .slowonly_8x8_ava import *

model.update(roi_head=dict(context=True))
