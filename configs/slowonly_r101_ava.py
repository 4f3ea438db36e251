"""Slow only, R101 8x8, on AVA."""

from mmengine.config import read_base

with read_base():
    from .slowonly_8x8_ava import *

model.update(backbone=dict(depth=101))
